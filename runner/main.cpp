// The program: parse, do the one thing that was asked for, turn an error into one line and an exit code.
#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <vector>

#include "runner/campaign.hpp"
#include "runner/conformance_run.hpp"
#include "runner/environment.hpp"
#include "runner/errors.hpp"
#include "runner/listing.hpp"
#include "runner/mutants_run.hpp"
#include "runner/options.hpp"
#include "runner/run_environment.hpp"
#include "runner/stress_run.hpp"
#include "runner/workload_stress.hpp"

namespace syncbench {
namespace {

int print(const std::string& text) {
  fmt::print("{}", text);
  return std::fflush(stdout) == 0 ? kDone : kIncomplete;
}

int check(const Options& options) {
  bool severe = false;
  for (const Warning& warning : check_environment(describe_run(Topology::load()))) {
    severe |= warning.severity == Severity::kSevere;
    fmt::print("{}: {}\n", warning.severity == Severity::kSevere ? "severe" : "note", warning.text);
  }
  return severe && options.strict_environment ? kEnvironment : kDone;
}

int run(const std::vector<std::string>& arguments) {
  const Options options = parse_options(arguments);
  if (options.help) return print(help_text());
  if (options.version) return print(version_text() + "\n");
  if (options.list) return print(list(*options.list));
  if (options.describe) return print(describe(*options.describe));
  if (options.conformance) return run_conformance(options);
  if (options.replay) return run_replay(*options.replay);
  if (options.mutants) return run_mutants(options);
  if (options.stress)
    return options.workloads.empty() ? run_stress(options) : run_workload_stress(options, Topology::load());
  if (options.show_environment) return print(render_environment(describe_run(Topology::load())));
  if (options.check_environment) return check(options);
  if (options.save_config) return save_config(arguments, *options.save_config), kDone;
  const Topology topology = Topology::load();
  if (options.dry_run) return print(dry_run(options, topology));
  return run_campaign(options, arguments, topology);
}

int fail(const std::exception& error, int code) {
  std::fflush(stdout);
  fmt::print(stderr, "syncbench: {}\n", error.what());
  return code;
}

}  // namespace
}  // namespace syncbench

int main(int count, char** words) {
  using namespace syncbench;
  try {
    return run(std::vector<std::string>(words + 1, words + count));
  } catch (const UsageError& error) {
    return fail(error, kUsage);
  } catch (const PlacementError& error) {
    return fail(error, kUsage);
  } catch (const TopologyError& error) {
    return fail(error, kEnvironment);
  } catch (const EnvironmentError& error) {
    return fail(error, kEnvironment);
  } catch (const std::exception& error) {
    return fail(error, kIncomplete);
  }
}
