"""What the commands that judge share: how a claim is defined, as options, and one side of a comparison."""

import argparse

from analysis import load
from analysis.commands import reading
from analysis.comparison import Rules
from analysis.errors import UsageError, warn
from analysis.measures import MEASURES


def add_measures(parser, default="throughput"):
    parser.add_argument("--measures", type=measures, default=default, metavar="LIST",
                        help=f"some of {','.join(MEASURES)}, or all (default: %(default)s)")


def add_rules(parser):
    add_measures(parser)
    parser.add_argument("--threshold", type=percentage, default="3%", metavar="P%",
                        help="differences below this do not matter (default: %(default)s)".replace("%(default)s", "3%%"))
    parser.add_argument("--alpha", type=share, default="0.05", metavar="A",
                        help="chance of any false claim in the whole table (default: %(default)s)")


def rules(arguments):
    return Rules(alpha=arguments.alpha, threshold=arguments.threshold)


def read_side(paths, salvage):
    """Trials and environments of one build on one machine: anything else has no single number."""
    trials, environments = load.read(reading.result_files(paths), warn, salvage)
    builds = sorted({t.build for t in trials})
    machines = sorted({environments[t.environment].machine for t in trials})
    for what, found in (("builds", builds), ("machines", machines)):
        if len(found) > 1:
            raise UsageError(f"{', '.join(map(str, paths))}: {len(found)} {what} ({'; '.join(found)}), and one is wanted")
    return trials, environments


def measures(text):
    if text == "all":
        return list(MEASURES.values())
    names = list(dict.fromkeys(text.split(",")))
    if unknown := [name for name in names if name not in MEASURES]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(MEASURES)}, all")
    return [MEASURES[name] for name in names]


def percentage(text):
    value = _number(text.removesuffix("%")) / 100
    if not text.endswith("%") or not 0 <= value < 10:
        raise argparse.ArgumentTypeError(f"{text!r} is no percentage below 1000%, such as 5%")
    return value


def share(text):
    if not 0 < _number(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not between 0 and 1")
    return float(text)


def _number(text):
    try:
        return float(text)
    except ValueError:
        return float("nan")
