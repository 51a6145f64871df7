"""The medians of a run in the formats of other people's tools: Bencher, github-action-benchmark, Otava, Google Benchmark.

Only points that have a number go out, each under a name of its own; whoever needs the rest reads the records. What goes out
together has to be one build on one machine, because those formats have no place to say otherwise.
"""

import csv
import io
import json

from analysis import points
from analysis.measures import MEASURES
from analysis.tables import printable


def name_of(setting, implementation, threads):
    """workload/implementation/param:value/.../threads:N, much as the runner names its benchmarks."""
    params = [points.assignment(*param).replace("=", ":") for param in setting.params]
    rest = [setting.split, f"placement:{setting.policy}", setting.role_order, setting.window, f"threads:{threads}"]
    return printable("/".join(part for part in [setting.workload, implementation, *params, *rest] if part))


def _name(line):
    return name_of(line.place.setting, line.place.implementation, line.place.threads)


def bencher(lines, trials, environments):
    """Bencher Metric Format: benchmark -> measure -> value, lower_value, upper_value."""
    return _json({_name(line): {
        name: {"value": e.value, "lower_value": e.interval.low, "upper_value": e.interval.high}
        for name, e in line.estimates.items()} for line in lines if line.estimates})


def github_action(lines, trials, environments):
    """github-action-benchmark's customBiggerIsBetter: throughput alone, since one file has one direction."""
    found = []
    for line in lines:
        if rate := line.estimates.get("throughput"):
            half = (rate.interval.high - rate.interval.low) / 2
            found.append({"name": _name(line), "unit": MEASURES["throughput"].unit, "value": rate.value,
                          "range": f"\N{PLUS-MINUS SIGN} {half:.4g}", "extra": f"{rate.trials} trials"})
    return _json(found)


def otava(lines, trials, environments):
    """One row of Otava's CSV importer: time, commit, and a column for each point and measure."""
    values = {f"{_name(line)}/{name}": e.value for line in lines for name, e in line.estimates.items()}
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(["time", "commit", *values])
    writer.writerow([_started(trials), ",".join(sorted({t.build for t in trials})), *values.values()])
    return sink.getvalue()


def gbench(lines, trials, environments):
    """Google Benchmark's JSON, one entry a throughput trial, as the runner's own --format json has it."""
    entries = [entry for figure in points.figures(trials, environments) if figure.setting.kind == "throughput"
               for point in figure.points if point.copy == 0
               for entry in _entries(name_of(figure.setting, point.implementation, point.threads), point)]
    return _json({"context": _context(trials, environments), "benchmarks": entries})


def _entries(name, point):
    """Times are per operation. What did not run at all has no time, and no entry."""
    for index, trial in enumerate(t for t in point.trials if t.items_per_second):
        yield {"name": name, "run_name": name, "run_type": "iteration", "repetitions": len(point.trials),
               "repetition_index": index, "threads": trial.threads, "iterations": max(trial.operations, 1), "real_time": 1e9 / trial.items_per_second,
               "cpu_time": trial.metrics.get("cpu_ns_per_operation", 0.0), "time_unit": "ns",
               "items_per_second": trial.items_per_second}


def _context(trials, environments):
    first = environments[trials[0].environment]
    return {"date": _started(trials), "host_name": first.host, "executable": "syncbench", "num_cpus": first.pus or 0,
            "mhz_per_cpu": 0, "cpu_scaling_enabled": False, "caches": [], "load_avg": [], "library_build_type": "release"}


def _started(trials):
    return min((t.started_at for t in trials if t.started_at), default="")


def _json(value):
    return json.dumps(value, indent=1, allow_nan=False) + "\n"


FORMATS = {"bencher": bencher, "github-action": github_action, "otava": otava, "gbench": gbench}
