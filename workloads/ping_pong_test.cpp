// What only ping-pong does: it halves, and leaves out who has no partner. That each form alternates and that its
// control is caught is tested with all workloads.
#include "workloads/ping_pong.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <semaphore>
#include <thread>

#include "workloads/plain_team.hpp"

namespace syncbench {
namespace {

using namespace std::chrono_literals;

// Lets nobody go in less than two milliseconds.
class SlowSemaphore {
 public:
  explicit SlowSemaphore(std::ptrdiff_t start) : semaphore_(start) {}
  void acquire() { semaphore_.acquire(); }
  void release(std::ptrdiff_t n) {
    std::this_thread::sleep_for(2ms);
    semaphore_.release(n);
  }

 private:
  std::counting_semaphore<> semaphore_;
};

TEST(PingPong, counts_half_a_round_trip_as_its_latency) {
  PlainTeam team({1, 1}, 60ms);
  const Verdict verdict = run_round<PingPongOnSemaphores<SlowSemaphore, LatencyProbe>, LatencyProbe>(team, {});
  EXPECT_EQ(verdict.kind, Verdict::Kind::ok) << verdict.reason;
  ASSERT_GT(team.merged(0).count(), 0U);
  EXPECT_GE(team.merged(0).min(), 2'000'000U);
  EXPECT_LT(team.merged(0).min(), 4'000'000U) << "a whole round trip takes at least that";
}

TEST(PingPong, goes_on_without_those_who_have_no_partner) {
  PlainTeam team({3, 1}, 10ms);
  const Verdict verdict = run_round<PingPongOnSemaphores<SlowSemaphore, NoProbe>, NoProbe>(team, {});
  EXPECT_EQ(verdict.kind, Verdict::Kind::ok) << verdict.reason;
  EXPECT_EQ(team.slots()[1].operations.load() + team.slots()[2].operations.load(), 0U);
  EXPECT_GT(total_operations(team), 0U);
}

// Lets a player go who was not meant, now and then.
class LooseSemaphore {
 public:
  explicit LooseSemaphore(std::ptrdiff_t start) : semaphore_(start) {}
  void acquire() { semaphore_.acquire(); }
  void release(std::ptrdiff_t n) { semaphore_.release(n + (++released_ % 5 == 0)); }

 private:
  std::counting_semaphore<> semaphore_;
  unsigned released_ = 0;
};

TEST(PingPong, notices_who_is_out_of_turn) {
  PlainTeam team({1, 1}, 10ms);
  const Verdict verdict = run_round<PingPongOnSemaphores<LooseSemaphore, NoProbe>, NoProbe>(team, {});
  EXPECT_EQ(verdict.kind, Verdict::Kind::violated);
  EXPECT_NE(verdict.reason.find("out of turn"), std::string::npos) << verdict.reason;
}

}  // namespace
}  // namespace syncbench
