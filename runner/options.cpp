// Boost.Program_options lives here and nowhere else.
#include "runner/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <fstream>
#include <sstream>

#include "runner/errors.hpp"
#include "runner/units.hpp"

namespace syncbench {
namespace {

namespace po = boost::program_options;
using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

po::options_description general_options() {
  po::options_description group("General");
  group.add_options()                                      //
      ("help,h", po::bool_switch(), "this text")           //
      ("version", po::bool_switch(), "version and build")  //
      ("list", po::value<std::string>()->implicit_value("all")->value_name("WHAT"),
       "names: workloads, implementations, placements, metrics, rules, table (Markdown) or all")              //
      ("describe", po::value<std::string>()->value_name("NAME"), "a workload or an implementation, in full")  //
      ("conformance", po::value<std::string>()->implicit_value("strict")->value_name("PROFILE"),
       "check every implementation (or --impl) against the rules of python, posix, cpp or strict, and print which "
       "hold; "
       "--threads N sets the size of crowds")  //
      ("stress", po::value<std::string>()->implicit_value("plain,faulty,scheduled")->value_name("MODE[,..]"),
       "look for what breaks an implementation: plain (real threads, random holds), faulty (disturbed at every shared "
       "access), scheduled (every step of small programs decided by a scheduler: at random, by priorities, then all "
       "schedules with few preemptions), tso (the same with store buffers); --impl and --set on=PRIMITIVE choose; with "
       "--workload the workloads themselves, plain and faulty")  //
      ("stress-time", po::value<std::string>()->default_value("3m")->value_name("TIME"),
       "about how long, all in all; the scheduler goes through two preemptions however little that is")  //
      ("mutants", po::bool_switch(),
       "does the stress suite find what it should? every planted bug in every mode, and the healthy beside them")     //
      ("replay", po::value<std::string>()->value_name("STRING"), "run one schedule again, and print its steps")       //
      ("env", po::bool_switch(), "print what is known about this machine and build")                                  //
      ("env-check", po::bool_switch(), "print what on this machine can spoil a measurement, with a remedy for each")  //
      ("strict-env", po::bool_switch(),
       "refuse to measure (exit 4) while anything severe is wrong with the machine")                            //
      ("config", po::value<std::string>()->value_name("FILE"), "read options from FILE (lines: name = value)")  //
      ("save-config", po::value<std::string>()->value_name("FILE"), "write these options to FILE and stop");
  return group;
}

po::options_description what_options() {
  po::options_description group("What to run");
  group.add_options()                                                                     //
      ("workload,w", po::value<Strings>()->value_name("NAME[,..]"), "workloads, or all")  //
      ("impl,i", po::value<Strings>()->value_name("GLOB[,..]"),
       "families (such as futex), names (ticket/park), patterns ('ticket/*'), or all; see --list; "
       "default: every family's representative")  //
      ("threads,t", po::value<std::string>()->value_name("N[,..]"),
       "1,2,4 or 1-8:2 or pow2 (to all PUs), cores, all; default: powers of two to four times the processors")  //
      ("set", po::value<Strings>()->value_name("KEY=V[,V..]"),
       "a workload parameter; several values make an axis")  //
      ("critical", po::value<std::string>()->value_name("TIME"),
       "the same as --set critical=TIME: work inside the lock")                                                    //
      ("parallel", po::value<std::string>()->value_name("TIME"), "the same as --set parallel=TIME: work outside")  //
      ("lines", po::value<std::string>()->value_name("N"),
       "the same as --set lines=N: cache lines written inside the lock")  //
      ("baselines", po::bool_switch(),
       "measure beside them what a lock costs at the least: each implementation and the empty lock on one thread, one "
       "atomic add where the workload knows it; the figure gets an ideal line")  //
      ("rate", po::value<std::string>()->value_name("R[,..]"),
       "the same as --set rate=R: operations are due R times a second, whether or not the last one is through; latency "
       "counts from when they were due");
  return group;
}

po::options_description how_options() {
  po::options_description group("How long, how often");
  group.add_options()  //
      ("duration", po::value<std::string>()->default_value("200ms")->value_name("TIME"),
       "measured window of a trial")                                                                        //
      ("warmup", po::value<std::string>()->default_value("50ms")->value_name("TIME"), "before the window")  //
      ("repetitions,r", po::value<std::string>()->default_value("7")->value_name("N"),
       "trials of each point, spread over the run")  //
      ("until-ci", po::value<std::string>()->value_name("P%"),
       "go on until half the 95 % interval of every median of items/s is at most P % of it (0.1% to 50%): at least -r "
       "trials of a point and never below 6, at most until --time-limit or else 20 times as many")  //
      ("latency", po::value<std::string>()->default_value("sampled")->value_name("WHICH"),
       "off, sampled (one operation in 4) or all: trials of their own beside the throughput trials")  //
      ("seed", po::value<std::string>()->value_name("N"),
       "of the order of trials; default: from the clock, recorded")  //
      ("no-counters", po::bool_switch(),
       "leave the processor's event counters alone: they lengthen each switch between threads a little")  //
      ("timeout", po::value<std::string>()->default_value("10s")->value_name("TIME"),
       "a trial without an end for so long is hung: it is ended and the others go on")  //
      ("time-limit", po::value<std::string>()->value_name("TIME"),
       "start no trial after so long (exit 3, but 0 with --until-ci once every point has its -r trials)");
  return group;
}

po::options_description where_options() {
  po::options_description group("Where");
  group.add_options()  //
      ("placement", po::value<Strings>()->value_name("POLICY"),
       "which processors: --list placements; give it several times for an axis; default: cores")  //
      ("roles", po::value<std::string>()->default_value("interleaved")->value_name("HOW"),
       "interleaved or grouped: how roles follow each other along the processors")  //
      ("shard", po::value<std::string>()->value_name("I/N"), "run only the I-th of N parts of the points");
  return group;
}

po::options_description output_options() {
  po::options_description group("Output");
  group.add_options()  //
      ("output,o", po::value<std::string>()->value_name("FILE"),
       "JSON lines, appended; default: results/<workload>-<date>-<time>.jsonl; - for standard output")  //
      ("format", po::value<std::string>()->default_value("console")->value_name("HOW"),
       "what standard output shows: console (table), json or csv (Google Benchmark's), jsonl")                 //
      ("no-plot", po::bool_switch(), "no figures")                                                             //
      ("quiet,q", po::bool_switch(), "no progress, no notes")                                                  //
      ("verbose,v", po::bool_switch(), "each trial as it ends")                                                //
      ("color", po::value<std::string>()->default_value("auto")->value_name("WHEN"), "auto, always or never")  //
      ("dry-run", po::bool_switch(), "print points, order, placement and expected time, and stop")             //
      ("resume", po::bool_switch(), "skip what --output already holds");
  return group;
}

po::options_description all_options() {
  po::options_description all;
  all.add(general_options()).add(what_options()).add(how_options()).add(where_options()).add(output_options());
  return all;
}

Strings option_names() {
  const po::options_description all = all_options();
  Strings names;
  for (const auto& option : all.options()) names.push_back("--" + option->long_name());
  return names;
}

// Boost's messages name the option but not what is near it; this names both.
[[noreturn]] void refuse_unknown(const std::string& name) {
  const std::string dashed = name.starts_with('-') ? name : "--" + name;  // a configuration has names without dashes
  throw UsageError(
      fmt::format("{}: no such option{}; syncbench --help lists them", dashed, nearest(dashed, option_names())));
}

bool is_benchmark_flag(const std::string& argument) {
  return argument.starts_with("--benchmark_");
}

// Boost takes whatever follows as the value: `--output --dry-run` would run and write a file of that name.
void refuse_swallowed(const po::parsed_options& parsed) {
  for (const po::option& option : parsed.options)
    if (option.original_tokens.size() == 2 && option.original_tokens[1].starts_with("--"))
      throw UsageError(fmt::format("{}: has no value, '{}' is the next option; a value that begins so is written {}={}",
                                   option.original_tokens[0], option.original_tokens[1], option.original_tokens[0],
                                   option.original_tokens[1]));
}

// The command line is stored first, so its options replace those of the file, lists included.
// An unset shell variable ends up as an empty value; it must not pass for "not given".
void refuse_empty(const po::variables_map& values) {
  for (const auto& [name, value] : values)
    if (const auto* one = boost::any_cast<std::string>(&value.value()); one != nullptr && one->empty())
      throw UsageError(fmt::format("--{}: the value is empty", name));
}

po::variables_map read(const Strings& arguments) {
  Strings ours;
  std::ranges::copy_if(arguments, std::back_inserter(ours), [](const auto& a) { return !is_benchmark_flag(a); });
  const po::options_description options = all_options();
  po::variables_map values;
  using namespace po::command_line_style;
  try {
    const po::parsed_options parsed =
        po::command_line_parser(ours).options(options).positional({}).style(unix_style & ~allow_guessing).run();
    refuse_swallowed(parsed);
    po::store(parsed, values);
    if (values.count("config") != 0) {
      const std::string path = values["config"].as<std::string>();
      std::ifstream file(path);
      if (!file) throw UsageError(fmt::format("--config: '{}' cannot be read", path));
      po::store(po::parse_config_file(file, options), values);
    }
    po::notify(values);
    refuse_empty(values);
  } catch (const po::unknown_option& error) {
    refuse_unknown(error.get_option_name());
  } catch (const po::too_many_positional_options_error&) {
    throw UsageError("a word without an option before it: values follow an option, as in --workload prodcons");
  } catch (const po::error& error) {
    throw UsageError(error.what());
  }
  return values;
}

std::string text(const po::variables_map& values, const char* name) {
  return values.count(name) == 0 ? std::string() : values[name].as<std::string>();
}

// A list option may be given several times, and each time with commas.
Strings list_of(const po::variables_map& values, const char* name) {
  Strings all;
  if (values.count(name) == 0) return all;
  for (const std::string& given : values[name].as<Strings>())
    for (std::string& part : split_list(fmt::format("--{}", name), given)) all.push_back(std::move(part));
  return all;
}

template <class T>
T choose(const po::variables_map& values, const char* name, const std::vector<std::pair<std::string, T>>& choices) {
  const std::string given = text(values, name);
  std::string allowed;
  for (const auto& [word, choice] : choices) {
    if (word == given) return choice;
    allowed += (allowed.empty() ? "" : ", ") + word;
  }
  throw UsageError(fmt::format("--{}: '{}' is not one of {}", name, given, allowed));
}

Shard parse_shard(const std::string& given) {
  if (given.empty()) return {};
  const auto slash = given.find('/');
  if (slash == std::string::npos)
    throw UsageError(fmt::format("--shard: '{}' is not of the form I/N, such as 2/8", given));
  const auto count = static_cast<unsigned>(parse_count("--shard", given.substr(slash + 1), 1, 100'000));
  return {static_cast<unsigned>(parse_count("--shard", given.substr(0, slash), 1, count)), count};
}

void read_settings(const po::variables_map& values, Options& options) {
  if (values.count("set") != 0) {
    for (const std::string& setting : values["set"].as<Strings>()) {
      const auto equals = setting.find('=');
      if (equals == std::string::npos || equals == 0)
        throw UsageError(fmt::format("--set: '{}' is not of the form KEY=VALUE", setting));
      options.settings.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
    }
  }
  for (const char* shorthand : {"critical", "parallel", "lines", "rate"})
    if (values.count(shorthand) != 0) options.settings.emplace_back(shorthand, text(values, shorthand));
}

void read_times(const po::variables_map& values, Options& options) {
  options.duration = parse_duration("--duration", text(values, "duration"), 1ms, 1h);
  options.warmup = parse_duration("--warmup", text(values, "warmup"), 0ms, 1h);
  options.timeout = parse_duration("--timeout", text(values, "timeout"), 100ms, 24h);
  if (const std::string limit = text(values, "time-limit"); !limit.empty())
    options.time_limit = parse_duration("--time-limit", limit, 1ms, 24h * 365);
  options.repetitions = static_cast<unsigned>(parse_count("--repetitions", text(values, "repetitions"), 1, 100'000));
  if (const std::string width = text(values, "until-ci"); !width.empty()) {
    options.until_ci = parse_percentage("--until-ci", width, 0.1, 50);
    options.repetitions = std::max(options.repetitions, kFewestForInterval);
  }
  if (const std::string seed = text(values, "seed"); !seed.empty())
    options.seed = parse_count("--seed", seed, 0, (std::uint64_t{1} << 53) - 1);  // a JSON number holds it exactly
}

// Google Benchmark gets its flags as they are, but for those that would start a second schedule beside ours.
void read_benchmark_flags(const Strings& arguments, Options& options) {
  for (const std::string& argument : arguments) {
    if (!is_benchmark_flag(argument)) continue;
    if (argument.find('=') == std::string::npos)
      throw UsageError(
          fmt::format("{}: Google Benchmark's flags are written with '=', such as {}=VALUE", argument, argument));
    for (const char* ours : {"--benchmark_repetitions", "--benchmark_enable_random_interleaving",
                             "--benchmark_min_time", "--benchmark_min_warmup_time", "--benchmark_format"}) {
      if (argument.starts_with(std::string(ours) + "="))
        throw UsageError(fmt::format(
            "{}: syncbench keeps this itself: use --repetitions, --seed, --duration, --warmup or --format", argument));
    }
    options.benchmark_flags.push_back(argument);
  }
}

void refuse_beside_conformance(const po::variables_map& values, const Options& options) {
  for (const char* name : {"workload", "set", "output", "placement"})
    if (values.count(name) != 0)
      throw UsageError(fmt::format("--{}: --conformance measures nothing; leave it out", name));
  if (options.format == Format::jsonl || options.format == Format::csv)
    throw UsageError("--format: --conformance prints console or json");
}

void refuse_beside_stress(const po::variables_map& values, const Options& options) {
  for (const char* name : {"placement", "rate"})
    if (values.count(name) != 0) throw UsageError(fmt::format("--{}: --stress measures nothing; leave it out", name));
  if (!options.threads.empty() && options.workloads.empty())
    throw UsageError("--threads: --stress draws the crowds of its programs; it takes --threads beside --workload");
  if (options.resume) throw UsageError("--resume: --stress begins afresh; give --seed for the same rounds");
  if (options.format == Format::json || options.format == Format::csv)
    throw UsageError("--format: --stress prints console or jsonl");
}

}  // namespace

Options parse_options(const Strings& arguments) {
  const po::variables_map values = read(arguments);
  Options options;
  options.help = values["help"].as<bool>();
  options.version = values["version"].as<bool>();
  options.dry_run = values["dry-run"].as<bool>();
  options.show_environment = values["env"].as<bool>();
  options.check_environment = values["env-check"].as<bool>();
  options.strict_environment = values["strict-env"].as<bool>();
  options.plot = !values["no-plot"].as<bool>();
  options.hardware_counters = !values["no-counters"].as<bool>();
  options.baselines = values["baselines"].as<bool>();
  options.quiet = values["quiet"].as<bool>();
  options.verbose = values["verbose"].as<bool>();
  options.resume = values["resume"].as<bool>();
  if (values.count("list") != 0) options.list = text(values, "list");
  if (values.count("describe") != 0) options.describe = text(values, "describe");
  if (values.count("conformance") != 0) options.conformance = text(values, "conformance");
  if (values.count("stress") != 0) options.stress = text(values, "stress");
  options.mutants = values["mutants"].as<bool>();
  if (values.count("replay") != 0) options.replay = text(values, "replay");
  options.stress_time = parse_duration("--stress-time", text(values, "stress-time"), 1ms, 24h);
  if (values.count("save-config") != 0) options.save_config = text(values, "save-config");
  options.workloads = list_of(values, "workload");
  options.implementations = list_of(values, "impl");
  options.threads = text(values, "threads");
  options.roles = text(values, "roles");
  options.output = text(values, "output");
  options.placements = values.count("placement") != 0 ? values["placement"].as<Strings>() : Strings{"cores"};
  options.shard = parse_shard(text(values, "shard"));
  options.latency =
      choose<Latency>(values, "latency", {{"off", Latency::off}, {"sampled", Latency::sampled}, {"all", Latency::all}});
  options.format = choose<Format>(
      values, "format",
      {{"console", Format::console}, {"json", Format::json}, {"jsonl", Format::jsonl}, {"csv", Format::csv}});
  options.color =
      choose<Color>(values, "color", {{"auto", Color::automatic}, {"always", Color::always}, {"never", Color::never}});
  read_times(values, options);
  read_settings(values, options);
  read_benchmark_flags(arguments, options);
  if (options.output == "-" && (options.format == Format::json || options.format == Format::csv))
    throw UsageError("--output: '-' and --format: both want standard output; give --output a file");
  if (options.conformance) refuse_beside_conformance(values, options);
  if (options.stress || options.mutants) refuse_beside_stress(values, options);
  if (options.resume && (options.output.empty() || options.output == "-"))
    throw UsageError("--resume: say which file to go on with: --output FILE");
  return options;
}

std::string help_text() {
  std::ostringstream text;
  text << "syncbench: contention benchmarks of synchronization primitives\n\n"
          "  syncbench --workload prodcons                        every family, table and figures\n"
          "  syncbench --list                                     what there is to run\n\n"
       << all_options() <<
      R"(
Examples
  Compare two implementations at four thread counts:
    syncbench -w prodcons -i 'ticket/park,std/mutex' -t 2,4,8,16
  Two critical sections, all on one processor:
    syncbench -w counter --set critical=0,500ns --placement one
  Go on with a run that was interrupted:
    syncbench -w prodcons -o run.jsonl --resume

Times take a unit: ns us ms s m. Results go to standard output and to the file, progress and warnings to standard
error. Figures (PDF, SVG, PNG) are written beside the file: <file>-throughput.*, <file>-latency.*, ...; an existing file
is never overwritten, runs are appended. --benchmark_* flags are passed on to Google Benchmark.

Exit: 0 all measured and written; 1 invariant violated or implementation crashed; 2 usage; 3 incomplete (disk full,
threads could not be started, time limit); 4 environment refused; 5 a trial hung; 130, 143 interrupted (what finished is
kept).
)";
  return text.str();
}

void save_config(const Strings& arguments, const std::string& path) {
  const po::variables_map values = read(arguments);
  std::ofstream file(path);
  for (const auto& [name, value] : values) {
    if (value.defaulted() || name == "save-config" || name == "config") continue;
    if (const auto* one = boost::any_cast<std::string>(&value.value())) {
      file << name << " = " << *one << '\n';
      continue;
    }
    if (const auto* set = boost::any_cast<bool>(&value.value())) {
      file << name << " = " << (*set ? "true" : "false") << '\n';
      continue;
    }
    const auto* many = boost::any_cast<Strings>(&value.value());
    for (const std::string& element : many == nullptr ? Strings{} : *many) file << name << " = " << element << '\n';
  }
  if (!file.flush()) throw UsageError(fmt::format("--save-config: '{}' cannot be written", path));
}

}  // namespace syncbench
