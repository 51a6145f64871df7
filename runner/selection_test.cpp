// What words mean: implementations, thread counts, roles, parameter axes and shards, over the real catalogs and on
// machines that exist only here.
#include "runner/selection.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "runner/errors.hpp"
#include "runner/made_up.hpp"

namespace syncbench {
namespace {

using Strings = std::vector<std::string>;
using Counts = std::vector<unsigned>;

const Workload& workload(std::string_view name) {
  return *std::ranges::find(all_workloads(), name, [](const Workload& w) { return w.description.name; });
}

Strings names_of(const std::vector<const Case*>& cases) {
  Strings names;
  for (const Case* subject : cases) names.emplace_back(subject->implementation);
  return names;
}

Strings selected(const Strings& words, std::string_view of = "counter") {
  return names_of(select_cases(workload(of), words));
}

template <class Act>
std::string error_of(Act act) {
  try {
    act();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

void expect_words(const std::string& line, const Strings& words) {
  EXPECT_EQ(line.find('\n'), std::string::npos) << line;
  for (const std::string& word : words) EXPECT_NE(line.find(word), std::string::npos) << line << "\nlacks " << word;
}

std::string error_of_points(const Strings& arguments) {
  return error_of([&] { points_of(arguments, made_up_machine(4)); });
}

std::set<std::pair<Counts, unsigned>> roles_of(const std::vector<Point>& points) {
  std::set<std::pair<Counts, unsigned>> roles;
  for (const Point& point : points) roles.insert({point.role_counts, point.threads()});
  return roles;
}

TEST(Implementations, by_default_are_the_representatives_of_their_families) {
  std::set<std::pair<std::string_view, std::string_view>> families;
  for (const Case* subject : select_cases(workload("prodcons"), {})) {
    EXPECT_TRUE(subject->standing == Standing::representative || subject->standing == Standing::reference);
    EXPECT_TRUE(families.emplace(subject->on, subject->family).second) << subject->family << " twice";
  }
  for (const char* family : {"spin", "ticket", "futex", "condvar", "std"})
    EXPECT_TRUE(families.contains({"condition", family})) << family;
}

TEST(Implementations, of_a_workload_on_several_primitives_are_those_of_the_chosen_one) {
  const auto names = [](const char* on) {
    std::set<std::string_view> chosen;
    for (const Point& point : points_of({"-w", "prodcons", "-t", "2", "--set", on}, made_up_machine(2)))
      chosen.insert(point.subject->implementation);
    return chosen;
  };
  EXPECT_TRUE(names("on=condition").contains("std/mutex"));
  EXPECT_TRUE(names("on=semaphore").contains("posix/sem"));
  EXPECT_FALSE(names("on=semaphore").contains("std/mutex"));
  EXPECT_EQ(names("on=condition,semaphore").size(), names("on=condition").size() + names("on=semaphore").size() - 2)
      << "ticket/spin-park and monitor/condvar are names on both";
}

TEST(Implementations, named_by_family_are_its_representative_alone) {
  EXPECT_EQ(selected({"ticket"}), Strings{"ticket/spin-park"});
  EXPECT_EQ(selected({"std"}), Strings{"std/mutex"});
}

TEST(Implementations, can_be_named_exactly) {
  EXPECT_EQ(selected({"ttas/pause"}), Strings{"ttas/pause"});
  EXPECT_EQ(selected({"none"}), Strings{"none"});
  EXPECT_EQ(selected({"atomic/fetch_add"}), Strings{"atomic/fetch_add"});
}

TEST(Implementations, match_patterns) {
  const Strings ticket = selected({"ticket/*"});
  EXPECT_GT(ticket.size(), 3U);
  for (const std::string& name : ticket) EXPECT_TRUE(name.starts_with("ticket/")) << name;
  for (const std::string& name : selected({"*/p?rk"})) EXPECT_TRUE(name.ends_with("/park")) << name;
}

TEST(Implementations, that_do_not_synchronize_are_never_meant_by_accident) {
  for (const char* word : {"all", "*", "n*", "[a-z]*"})
    for (const Workload& each : all_workloads())
      for (const Case& subject : each.cases) {
        if (subject.standing != Standing::control) continue;
        try {
          EXPECT_EQ(std::ranges::count(select_cases(each, {word}), &subject), 0) << word;
        } catch (const UsageError&) {  // a pattern that only a control would answer to matches nothing
        }
      }
}

TEST(Implementations, come_once_in_catalog_order_whatever_the_order_of_the_words) {
  EXPECT_EQ(selected({"std", "ttas/*", "spin"}), selected({"spin", "ttas/*", "std"}));
  const Strings names = selected({"all", "spin", "std"});
  EXPECT_EQ(std::set(names.begin(), names.end()).size(), names.size());
  EXPECT_EQ(names, selected({"all"}));
}

TEST(Implementations, that_nobody_has_are_refused_with_the_nearest_name) {
  expect_words(error_of([] { selected({"tickte"}); }), {"--impl", "'tickte'", "did you mean ticket"});
  expect_words(error_of([] { selected({"nope"}); }), {"--impl", "'nope'", "--list implementations"});
  expect_words(error_of([] { selected({"zz*"}); }), {"--impl", "'zz*'", "matches no implementation"});
}

TEST(Implementations, that_one_workload_lacks_are_no_error_beside_another_that_has_them) {
  EXPECT_EQ(selected({"atomic"}, "prodcons"), Strings{});
  const auto points = points_of({"-w", "all", "-i", "atomic", "-t", "1"}, made_up_machine(2));
  ASSERT_EQ(points.size(), 1U);
  EXPECT_EQ(points[0].workload->description.name, "counter");
  expect_words(error_of_points({"-w", "prodcons", "-i", "atomic"}), {"nothing to run"});
}

TEST(Workloads, are_named_or_all) {
  EXPECT_EQ(select_workloads({"prodcons"}).size(), 1U);
  EXPECT_EQ(select_workloads({"all"}).size(), all_workloads().size());
  EXPECT_EQ(select_workloads({"prodcons", "prodcons"}).size(), 1U);
  expect_words(error_of([] { select_workloads({}); }), {"--workload", "prodcons"});
  expect_words(error_of([] { select_workloads({"prodcson"}); }), {"--workload", "'prodcson'", "did you mean prodcons"});
}

TEST(Threads, are_lists_ranges_and_words) {
  const Machine machine = made_up_machine(6, 2);
  EXPECT_EQ(parse_threads("1,2,4", machine), (Counts{1, 2, 4}));
  EXPECT_EQ(parse_threads("4,1,2,1", machine), (Counts{1, 2, 4}));
  EXPECT_EQ(parse_threads("1-8:2", machine), (Counts{1, 3, 5, 7}));
  EXPECT_EQ(parse_threads("2-4", machine), (Counts{2, 3, 4}));
  EXPECT_EQ(parse_threads("3-3", machine), Counts{3});
  EXPECT_EQ(parse_threads("pow2", machine), (Counts{1, 2, 4, 8, 12}));
  EXPECT_EQ(parse_threads("cores", machine), Counts{6});
  EXPECT_EQ(parse_threads("all", machine), Counts{12});
  EXPECT_EQ(parse_threads("cores,all,1-2", machine), (Counts{1, 2, 6, 12}));
}

TEST(Threads, by_default_are_powers_of_two_up_to_four_times_the_processors) {
  EXPECT_EQ(parse_threads("", made_up_machine(2)), (Counts{1, 2, 4, 8}));
  EXPECT_EQ(parse_threads("", made_up_machine(6)), (Counts{1, 2, 4, 6, 12, 24}));
  EXPECT_EQ(parse_threads("", made_up_machine(1)), (Counts{1, 2, 4}));
  const Counts many = parse_threads("", made_up_machine(1024, 2));
  EXPECT_EQ(many.back(), kMostThreads);
}

TEST(Threads, that_make_no_sense_are_refused) {
  for (const char* text :
       {"0", "1000000000", "-1", "x", "1-x", "x-2", "1-8:0", "8-1", "1,,2", "4097", "1-", "1-2-3", "1:2"})
    expect_words(error_of([&] { parse_threads(text, made_up_machine(2)); }), {"--threads: '"});
  expect_words(error_of([] { parse_threads("0", made_up_machine(2)); }), {"'0'", "1 to 4096"});
  expect_words(error_of([] { parse_threads("8-1", made_up_machine(2)); }), {"'8-1'", "backwards"});
}

TEST(Roles, share_the_threads_evenly_the_first_role_first) {
  const auto points = points_of({"-w", "prodcons", "-i", "std", "-t", "2,3,5"}, made_up_machine(4));
  EXPECT_EQ(roles_of(points), (std::set<std::pair<Counts, unsigned>>{{{1, 1}, 2}, {{2, 1}, 3}, {{3, 2}, 5}}));
}

TEST(Roles, that_can_have_only_one_worker_leave_the_others_more) {
  EXPECT_EQ(roles_of(points_of({"-w", "starting-gun", "-i", "std", "-t", "2,8"}, made_up_machine(4))),
            (std::set<std::pair<Counts, unsigned>>{{{1, 1}, 2}, {{1, 7}, 8}}));
  expect_words(error_of_points({"-w", "starting-gun", "--set", "officials=2"}), {"--set officials", "'2'", "1 to 1"});
}

TEST(Parameters, that_are_words_take_their_words_only) {
  const auto points =
      points_of({"-w", "starting-gun", "-i", "std", "-t", "2", "--set", "waiters=hot,blocked"}, made_up_machine(2));
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(points[0].params["waiters"], 1);
  EXPECT_EQ(points[1].params["waiters"], 0);
  EXPECT_NE(points[0].name().find("/waiters:hot/"), std::string::npos) << points[0].name();
  for (const char* setting : {"waiters=cold", "waiters=1", "waiters="})
    expect_words(error_of_points({"-w", "starting-gun", "--set", setting}), {"--set waiters"});
  expect_words(error_of_points({"-w", "starting-gun", "--set", "waiters=cold"}), {"'cold'", "blocked, hot"});
}

TEST(Roles, that_are_fixed_decide_the_number_of_threads) {
  const auto points =
      points_of({"-w", "prodcons", "-i", "std", "--set", "producers=1", "--set", "consumers=3"}, made_up_machine(2));
  EXPECT_EQ(roles_of(points), (std::set<std::pair<Counts, unsigned>>{{{1, 3}, 4}}));
}

TEST(Roles, that_are_fixed_leave_the_rest_to_the_other) {
  const auto points =
      points_of({"-w", "prodcons", "-i", "std", "--set", "producers=1", "-t", "2,8"}, made_up_machine(2));
  EXPECT_EQ(roles_of(points), (std::set<std::pair<Counts, unsigned>>{{{1, 1}, 2}, {{1, 7}, 8}}));
}

TEST(Roles, that_cannot_be_filled_leave_the_point_out_and_say_so) {
  std::vector<std::string> notes;
  const auto points =
      select_points(parse_options({"-w", "prodcons", "-i", "std", "-t", "1,2"}), made_up_machine(2), notes);
  EXPECT_EQ(roles_of(points), (std::set<std::pair<Counts, unsigned>>{{{1, 1}, 2}}));
  ASSERT_EQ(notes.size(), 1U);
  expect_words(notes[0], {"prodcons", "1 thread ", "producers and consumers"});
}

TEST(Roles, of_pairs_leave_out_a_thread_without_a_partner) {
  std::vector<std::string> notes;
  const auto points =
      select_points(parse_options({"-w", "ping-pong", "-i", "std/mutex", "--set", "on=mutex", "-t", "2-5"}),
                    made_up_machine(2), notes);
  EXPECT_EQ(roles_of(points), (std::set<std::pair<Counts, unsigned>>{{{1, 1}, 2}, {{2, 2}, 4}}));
  ASSERT_EQ(notes.size(), 2U);
  expect_words(notes[0], {"ping-pong", "3 threads", "servers and returners"});
}

TEST(Roles, that_can_never_be_filled_are_an_error) {
  expect_words(error_of_points({"-w", "prodcons", "-t", "1"}),
               {"--threads", "nothing to run", "producers and consumers"});
  const Strings fixed = {"-w", "prodcons", "--set", "producers=2", "--set", "consumers=2", "-t", "3"};
  expect_words(error_of_points(fixed), {"--threads", "nothing to run"});
}

TEST(Roles, are_counted_and_assigned_alike_in_every_point) {
  for (const char* layout : {"interleaved", "grouped"})
    for (const Point& point : points_of({"-w", "all", "--roles", layout}, made_up_machine(4))) {
      Counts counted(point.role_counts.size(), 0);
      for (const unsigned role : point.worker_roles) ++counted.at(role);
      EXPECT_EQ(counted, point.role_counts);
      EXPECT_EQ(point.pus.size(), point.threads());
    }
  expect_words(error_of_points({"-w", "counter", "--roles", "mixed"}), {"--roles", "'mixed'", "interleaved, grouped"});
}

TEST(Axes, are_multiplied) {
  const auto points = points_of({"-w", "prodcons", "-i", "std,spin", "-t", "2,4", "--set", "capacity=1,5,9", "--set",
                                 "parallel=0,100ns", "--placement", "one", "--placement", "none"},
                                made_up_machine(4));
  EXPECT_EQ(points.size(), 2U * 2 * 3 * 2 * 2);
  std::set<std::tuple<double, double, unsigned, std::string>> places;
  for (const Point& point : points)
    places.insert({point.params["capacity"], point.params["parallel"], point.threads(), point.policy.text()});
  EXPECT_EQ(places.size(), points.size() / 2);
  EXPECT_TRUE(places.contains({9, 100, 4, "none"}));
}

TEST(Axes, that_only_one_workload_has_multiply_that_one) {
  const auto points = points_of({"-w", "all", "-i", "std", "-t", "2", "--set", "capacity=1,5"}, made_up_machine(4));
  EXPECT_EQ(std::ranges::count_if(points, [](const Point& p) { return p.workload->description.name == "counter"; }), 1);
  EXPECT_EQ(std::ranges::count_if(points, [](const Point& p) { return p.workload->description.name == "prodcons"; }),
            2);
}

TEST(Axes, with_bad_keys_or_values_are_refused) {
  const auto error = [](const char* setting) { return error_of_points({"-w", "prodcons", "--set", setting}); };
  expect_words(error("capactiy=3"), {"--set", "'capactiy'", "did you mean capacity?", "there are:", "producers"});
  expect_words(error("capacity=0"), {"--set capacity", "'0'", "1 to 1048576"});
  expect_words(error("capacity="), {"--set capacity", "''", "empty"});
  expect_words(error("capacity=1000000000"), {"--set capacity", "'1000000000'"});
  expect_words(error("capacity=5,x"), {"--set capacity", "'x'"});
  expect_words(error("producers=0"), {"--set producers", "'0'", "1 to"});
  expect_words(error("critical=5"), {"--set critical", "'5'", "unit"});
  expect_words(error_of_points({"-w", "prodcons", "--set", "capacity=1", "--set", "capacity=2"}),
               {"'capacity'", "twice"});
  expect_words(error_of_points({"-w", "counter", "--critical", "1us", "--set", "critical=2us"}),
               {"'critical'", "twice"});
  expect_words(error_of_points({"-w", "prodcons", "--lines", "2"}), {"'lines'"});
}

TEST(Points, are_unique_by_name) {
  const auto points = points_of({"-w", "all", "-i", "all", "--set", "critical=0,100ns", "--placement", "cores",
                                 "--placement", "none", "-t", "1-6"},
                                made_up_machine(2, 2));
  std::set<std::string> names;
  for (const Point& point : points) EXPECT_TRUE(names.insert(point.name()).second) << point.name();
  EXPECT_GT(names.size(), 100U);
}

TEST(Points, of_one_group_differ_in_the_implementation_alone) {
  std::map<std::size_t, const Point*> first;
  for (const auto points = points_of({"-w", "all", "--critical", "0,100ns"}, made_up_machine(2));
       const Point& point : points) {
    const Point& other = *first.try_emplace(point.group, &point).first->second;
    EXPECT_EQ(point.workload, other.workload);
    EXPECT_EQ(point.params, other.params);
    EXPECT_EQ(point.worker_roles, other.worker_roles);
    EXPECT_EQ(point.policy, other.policy);
  }
}

TEST(Points, with_more_threads_than_processors_are_marked) {
  for (const Point& point : points_of({"-w", "counter", "-t", "1-6"}, made_up_machine(2, 2)))
    EXPECT_EQ(point.oversubscribed, point.threads() > 4) << point.name();
  for (const Point& point : points_of({"-w", "counter", "-t", "1-6", "--placement", "one"}, made_up_machine(4)))
    EXPECT_EQ(point.oversubscribed, point.threads() > 1) << point.name();
}

TEST(Shards, divide_the_points_without_loss_or_overlap_and_keep_groups_whole) {
  const Strings what = {"-w", "all", "-t", "1-7", "--set", "capacity=1,5"};
  std::multiset<std::string> whole, parts;
  for (const Point& point : points_of(what, made_up_machine(4))) whole.insert(point.name());
  std::map<std::size_t, int> shard_of_group;
  for (int shard = 1; shard <= 3; ++shard) {
    Strings arguments = what;
    arguments.insert(arguments.end(), {"--shard", std::to_string(shard) + "/3"});
    for (const Point& point : points_of(arguments, made_up_machine(4))) {
      parts.insert(point.name());
      EXPECT_EQ(shard_of_group.try_emplace(point.group, shard).first->second, shard);
    }
  }
  EXPECT_EQ(parts, whole);
}

TEST(Shards, beyond_the_points_are_an_error_that_says_so) {
  expect_words(error_of_points({"-w", "counter", "-t", "1", "--shard", "5/9"}), {"--shard", "5/9"});
}

// Implementation and threads of each point.
std::set<std::pair<std::string_view, unsigned>> lines_of(const std::vector<Point>& points) {
  std::set<std::pair<std::string_view, unsigned>> lines;
  for (const Point& point : points) lines.emplace(point.subject->implementation, point.threads());
  return lines;
}

TEST(Baselines, are_one_thread_of_each_the_empty_lock_there_and_the_atomic_add_everywhere) {
  const auto points = points_of({"-w", "counter", "-i", "std", "-t", "2,4", "--baselines"}, made_up_machine(4));
  const std::set<std::pair<std::string_view, unsigned>> expected = {
      {"std/mutex", 1},        {"std/mutex", 2},        {"std/mutex", 4},       {"none", 1},
      {"atomic/fetch_add", 1}, {"atomic/fetch_add", 2}, {"atomic/fetch_add", 4}};
  EXPECT_EQ(lines_of(points), expected);
  EXPECT_EQ(points.size(), expected.size()) << "one comes twice";
  for (const Point& point : points) EXPECT_EQ(is_baseline(point), point.subject->implementation != "std/mutex");
}

TEST(Baselines, share_a_group_with_what_they_are_held_against) {
  const auto points = points_of({"-w", "counter", "-i", "std", "-t", "1", "--baselines"}, made_up_machine(4));
  ASSERT_EQ(points.size(), 3U);
  for (const Point& point : points) EXPECT_EQ(point.group, points[0].group);
}

TEST(Baselines, are_only_measured_on_demand_and_never_twice) {
  for (const Point& point : points_of({"-w", "counter", "-t", "1"}, made_up_machine(4)))
    EXPECT_FALSE(is_baseline(point)) << point.name();
  const auto points = points_of({"-w", "counter", "-i", "none,atomic", "-t", "1,2", "--baselines"}, made_up_machine(4));
  EXPECT_EQ(points.size(), 4U);
  for (const Point& point : points)
    EXPECT_EQ(is_baseline(point), point.threads() == 1 || point.subject->implementation != "none")
        << "a control beside others is to be caught";
}

TEST(Baselines, of_a_workload_that_takes_several_threads_are_none_and_it_is_said) {
  std::vector<std::string> notes;
  const std::vector<std::string> arguments = {"-w", "prodcons", "-i", "std", "-t", "2", "--baselines"};
  const auto points = select_points(parse_options(arguments), made_up_machine(4), notes);
  EXPECT_EQ(points.size(), 1U);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_NE(notes[0].find("baselines of prodcons"), std::string::npos);
}

// The control of a barrier is none: who aborts it sees that it is not broken.
TEST(Baselines, are_there_for_every_lock_that_one_thread_can_use) {
  std::set<std::string_view> measured;
  for (const Workload& one : all_workloads()) {
    const std::string name(one.description.name);
    const auto points = points_of({"-w", name, "-t", "2", "--baselines"}, made_up_machine(4));
    const bool alone = std::ranges::any_of(points, [](const Point& p) { return p.threads() == 1 && is_baseline(p); });
    if (alone) measured.insert(one.description.name);
    EXPECT_TRUE(!alone || one.description.roles.size() == 1) << name;
  }
  for (const char* name : {"counter", "recursion", "permits"}) EXPECT_TRUE(measured.contains(name)) << name;
  for (const char* name : {"group-photo", "prodcons", "starting-gun"}) EXPECT_FALSE(measured.contains(name)) << name;
}

}  // namespace
}  // namespace syncbench
