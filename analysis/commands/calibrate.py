"""`syncbench-analyze calibrate`: how large a difference this machine makes out of nothing, from the A/A pairs of a run."""

import json
from pathlib import Path
from statistics import median

from analysis import load, noise, points, stats
from analysis.errors import UsageError, warn
from analysis.measures import MEASURES

RATE = MEASURES["throughput"].value_of
NAME = "calibrate"
HELP = "tell the noise floor: how far the reference differs from itself, and how far single trials scatter"
SCHEMA = "syncbench-calibration/1"
RARELY_VARIED = ("implementation", "role_order", "host", "build", "window")
COLUMNS = ("workload", "threads", "setting", "pairs", "ratio", "95 % interval", "CV", "trials")


def add_arguments(parser):
    parser.add_argument("files", nargs="+", metavar="FILE", help="result file of syncbench (JSON lines)")
    parser.add_argument("--format", choices=("table", "json"), default="table", help="default: %(default)s")


def run(arguments):
    trials, environments = _read(arguments.files)
    chosen = points.figures([t for t in trials if t.kind == "throughput"], environments)
    floors = [_floor(figure, pair) for figure in chosen for pair in noise.pairs(figure, RATE)]
    if not floors:
        raise UsageError(f"{', '.join(map(str, arguments.files))}: no pair of which both trials can be used")
    print(json.dumps({"schema": SCHEMA, "points": floors}, indent=1) if arguments.format == "json" else _table(floors))
    return 0


def _read(files):
    """One after the other, so that a file that contributes nothing is not taken for one that did."""
    trials, environments = [], {}
    for path in {Path(path).resolve(): path for path in files}.values():
        found, where = load.read([path], warn)
        if not any(t.copy for t in found):
            raise UsageError(f"{path}: the reference is nowhere measured twice "
                             "(syncbench does so where at least one other implementation is beside it)")
        trials += found
        environments |= where
    return trials, environments


def _floor(figure, pair):
    setting, interval = figure.setting, stats.median_interval(pair.ratios)
    return {
        "workload": setting.workload, "implementation": pair.first.implementation, "threads": pair.first.threads,
        "params": dict(setting.params), "roles": dict(pair.first.trials[0].roles), "placement": setting.policy,
        "role_order": setting.role_order, "host": setting.host, "build": setting.build, "window": setting.window,
        "pairs": len(pair.ratios),
        "ratio": {"median": median(pair.ratios), "low": interval.low, "high": interval.high,
                  "coverage": interval.coverage},
        "trials": len(pair.first.trials) + len(pair.again.trials),
        "cv": pair.spread(RATE),
    }


def _table(floors):
    varying = [name for name in RARELY_VARIED if len({floor[name] for floor in floors}) > 1]
    rows = [COLUMNS, *(_row(floor, varying) for floor in floors)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    if any(floor["ratio"]["coverage"] < 0.95 for floor in floors):
        lines += ["", "* fewer than six pairs: the range, which covers the median with less than 95 %"]
    return "\n".join(lines)


def _row(floor, varying):
    ratio = floor["ratio"]
    params = [points.assignment(*param) for param in floor["params"].items()]
    rest = [f"{name}={floor[name]}" for name in ("placement", *varying)]
    roles = [points.assignment(*role) for role in floor["roles"].items()] if len(floor["roles"]) > 1 else []
    interval = f"{ratio['low']:.3f} .. {ratio['high']:.3f}" + ("" if ratio["coverage"] >= 0.95 else " *")
    return (floor["workload"], str(floor["threads"]), " ".join([*params, *roles, *rest]),
            str(floor["pairs"]), f"{ratio['median']:.3f}", interval,
            "-" if floor["cv"] is None else f"{100 * floor['cv']:.1f} %", str(floor["trials"]))

