// Circles of workers that wait for each other are found among others that wait, and nothing else is taken for one.
#include "workloads/deadlock.hpp"

#include <gtest/gtest.h>

#include <string>

namespace syncbench {
namespace {

TEST(Waits, of_two_for_each_other_are_a_deadlock) {
  Waits waits(2);
  waits.begin(0, 3, 1);
  EXPECT_EQ(waits.circle("account"), "");
  waits.begin(1, 1, 3);
  EXPECT_EQ(
      waits.circle("account"),
      "DEADLOCK: worker 0 holds account 3 and waits for account 1; worker 1 holds account 1 and waits for account 3");
}

TEST(Waits, that_have_ended_are_none) {
  Waits waits(2);
  waits.begin(0, 3, 1);
  waits.end(0);
  waits.begin(1, 1, 3);
  EXPECT_EQ(waits.circle("account"), "");
}

TEST(Waits, in_a_row_are_no_circle) {
  Waits waits(4);
  waits.begin(0, 0, 1);
  waits.begin(1, 1, 2);
  waits.begin(2, 2, 3);
  EXPECT_EQ(waits.circle("account"), "") << "the fourth can go on";
}

TEST(Waits, for_a_circle_are_no_part_of_it) {
  Waits waits(5);
  waits.begin(0, 9, 2);  // comes to the circle and is not in it
  waits.begin(1, 4, 2);
  waits.begin(4, 2, 65'535);
  waits.begin(2, 65'535, 4);
  EXPECT_EQ(waits.circle("fork"),
            "DEADLOCK: worker 1 holds fork 4 and waits for fork 2; worker 4 holds fork 2 and waits for fork 65535; "
            "worker 2 holds fork 65535 and waits for fork 4");
}

TEST(Waits, of_very_many_are_told_within_a_reasons_length) {
  constexpr unsigned kWorkers = 1000;
  Waits waits(kWorkers);
  for (unsigned rank = 0; rank < kWorkers; ++rank)
    waits.begin(rank, static_cast<Place>(60'000 + rank), static_cast<Place>(60'000 + (rank + 1) % kWorkers));
  const std::string text = waits.circle("account");
  EXPECT_LT(text.size(), 400U);
  EXPECT_TRUE(text.ends_with("; and 994 more before the circle closes")) << text;
}

}  // namespace
}  // namespace syncbench
