// The source document's group photo: nobody leaves before everybody is there. The same threads meet at a barrier again
// and again; with work between the meetings the slowest decides.
#include <array>
#include <atomic>

#include "workloads/busy_work.hpp"
#include "workloads/workload.hpp"

namespace syncbench {
namespace {

template <class B, class Probe>
class GroupPhoto {
 public:
  GroupPhoto(const Params& params, Team& team)
      : parties_(static_cast<std::uint32_t>(team.slots().size())),
        parallel_(steps_for(params["parallel"])),
        barrier_(parties_),
        marks_(parties_) {
    team.name(&barrier_, sizeof barrier_, "barrier");
  }

  void run(Worker& worker, Probe& probe) {
    const unsigned rank = worker.rank();
    const Mark& neighbour = marks_[rank + 1 == parties_ ? 0 : rank + 1];
    std::uint64_t violations = 0;
    std::uint64_t local = rank + 1;
    for (std::uint64_t phase = 1;; ++phase) {
      if (parallel_ != 0) local = multiply_chain(local, parallel_);
      marks_[rank].phase.store(phase, std::memory_order_relaxed);
      // One thread decides for all whether this phase is the last, so that nobody waits for those who left. Two flags
      // in turn: a phase's flag is written again only after everybody has passed the phase in between.
      if (rank == 0) last_[phase % 2].store(!worker.running(), std::memory_order_relaxed);
      const auto started = probe.start();
      arrive_at(barrier_, rank);
      probe.record(probe.stop(started));
      // Now and then, because looking costs a cache line from another core: is the neighbour in this phase too?
      if (phase % kLookEvery == 0) violations += neighbour.phase.load(std::memory_order_relaxed) < phase;
      worker.done();
      if (last_[phase % 2].load(std::memory_order_relaxed)) break;
    }
    asm volatile("" ::"r"(local));
    marks_[rank].violations = violations;
  }

  void close() noexcept {}

  // The relaxed marks are ordered by the barrier: what was written before an arrival is seen after the departure.
  Verdict verify(Team&) const {
    std::uint64_t violations = 0;
    for (const Mark& mark : marks_) violations += mark.violations;
    const std::uint64_t phases = marks_[0].phase.load(std::memory_order_relaxed);
    for (const Mark& mark : marks_)
      if (mark.phase.load(std::memory_order_relaxed) != phases)
        return Verdict::violated("one thread passed " + std::to_string(phases) + " phases, another " +
                                 std::to_string(mark.phase.load(std::memory_order_relaxed)));
    if (violations == 0) return {};
    return Verdict::violated("left before the neighbour had arrived: noticed " + std::to_string(violations) + " times");
  }

 private:
  static constexpr std::uint64_t kLookEvery = 16;
  struct alignas(kNoSharing) Mark {
    std::atomic<std::uint64_t> phase{0};  // that this thread has arrived at
    std::uint64_t violations = 0;
  };

  std::uint32_t parties_;
  std::uint32_t parallel_;
  alignas(kNoSharing) B barrier_;
  alignas(kNoSharing) std::array<std::atomic<bool>, 2> last_{};
  alignas(kNoSharing) std::vector<Mark> marks_;
};

}  // namespace

Workload group_photo_workload() {
  return make_workload<GroupPhoto, Barriers>({
      .name = "group-photo",
      .source = "Mental Model: The Group Photo",
      .summary = "the same threads meet at a barrier, phase after phase",
      .operation = "one thread's passage of one phase",
      .latency = "arrival to departure, waiting for the others included",
      .invariant = "nobody leaves a phase before everybody has arrived; all pass the same number of phases",
      .roles = {{"worker", "workers", true}},
      .parameters = {{"parallel", "ns", 0, 0, 1e9, "work of each thread between two phases"}},
  });
}

}  // namespace syncbench
