"""`syncbench-analyze compare BASE NEW`: what became faster, what became slower, and what nobody can tell."""

import argparse
import sys

from analysis import calibration, comparison, load, points, tables
from analysis.commands import reading
from analysis.comparison import Rules
from analysis.errors import UsageError, warn
from analysis.measures import MEASURES
from analysis.tables import Column, Table, as_number, as_p, as_ratio

NAME = "compare"
HELP = "compare two sets of results point by point; exit 1 if something became slower"
MAY_BE_CONSTANT = ("workload", "setting", "measure")


def add_arguments(parser):
    parser.add_argument("base", metavar="BASE", help="result file, or folder of result files, to compare with")
    parser.add_argument("new", metavar="NEW", help="result file, or folder, to be judged")
    parser.add_argument("--measures", type=measures, default="throughput", metavar="LIST",
                        help=f"some of {','.join(MEASURES)}, or all (default: %(default)s)")
    parser.add_argument("--threshold", type=percent, default="3%", metavar="P%",
                        help="differences below this do not matter (default: %(default)s)")
    parser.add_argument("--alpha", type=share, default="0.05", metavar="A",
                        help="chance of any false claim in the whole table (default: %(default)s)")
    parser.add_argument("--calibration", metavar="FILE",
                        help=f"noise floors from calibrate (default: {calibration.FILE} beside NEW or BASE, if it is there)")
    parser.add_argument("--across", action="store_true", help="allow results of different machines")
    parser.add_argument("--only", choices=("all", "claims"), default="all", help="claims: only rows that are faster, slower or invalid")
    parser.add_argument("--format", choices=tables.FORMS, default="console", help="default: %(default)s")
    reading.add_salvage(parser)


def run(arguments):
    base, new = (read(path, arguments) for path in (arguments.base, arguments.new))
    check_comparable(base, new, arguments.across)
    rules = Rules(alpha=arguments.alpha, threshold=arguments.threshold)
    floors = calibration.find(arguments.calibration, (arguments.new, arguments.base))
    compared = comparison.compare(base, new, arguments.measures, rules, floors.by_place(base) if floors else None)
    print(tables.render(table(compared, rules, floors, arguments.only), arguments.format), end="")
    for row in compared.regressions:
        warn(f"{row.verdict}: {row.place}, {row.measure.name}" + (f" ({row.note})" if row.note else ""))
    return 1 if compared.regressions else 0


def read(path, arguments):
    """One side. It has to be one build on one machine: anything else has no single number."""
    trials, environments = load.read(reading.result_files([path]), warn, arguments.salvage)
    for what, found in (("builds", {t.build for t in trials}), ("machines", {environments[t.environment].machine for t in trials})):
        if len(found) > 1:
            raise UsageError(f"{path}: holds {len(found)} {what} ({'; '.join(sorted(found))}); a side has to be one")
    return trials, environments


def check_comparable(base, new, across):
    (before, old), (after, now) = base, new
    machines = [environments[trials[0].environment] for trials, environments in (base, new)]
    if machines[0].machine != machines[1].machine and not across:
        raise UsageError(f"these are two machines ({machines[0].machine} and {machines[1].machine}); --across compares them all the same")
    if before[0].source[0] == after[0].source[0]:
        warn("BASE and NEW are the same file")
    for what in ("compiler", "flags", "build_type"):
        texts = [str(machine.facts.get("build", {}).get(what, "unknown")) for machine in machines]
        if texts[0] != texts[1]:
            warn(f"BASE and NEW differ in {what}: {texts[0]} and {texts[1]}")


def table(compared, rules, floors, only="all"):
    shown = [row for row in compared.rows if only == "all" or row.verdict in (comparison.FASTER, comparison.SLOWER, comparison.INVALID)]
    columns = [Column("workload"), Column("implementation"), Column("threads", as_count), Column("setting"), Column("measure"),
               Column("base", as_number), Column("new", as_number), Column("ratio", as_ratio), Column("low", as_ratio),
               Column("high", as_ratio), Column("p", as_p), Column("n base"), Column("n new"), Column("verdict"), Column("note")]
    settings = _settings(compared)
    rows = [[row.place.setting.workload, row.place.implementation, row.place.threads, settings[row.place.setting], row.measure.name,
             row.base.median, row.new.median, row.ratio, *(row.interval or (None, None)), row.adjusted_p,
             _count(row.base), _count(row.new), row.verdict, row.note] for row in shown]
    return Table(columns, rows, _notes(compared, rules, floors)).without_constant(*MAY_BE_CONSTANT)


def as_count(value):
    return f"{value:d}"


def _count(side):
    """How many values, and what did not become one."""
    return " ".join([str(len(side.values)), *(f"-{n} {word}" for word, n in side.left_out.items())])


def _settings(compared):
    """Of each setting what tells it from the others of the table."""
    found = list(dict.fromkeys(row.place.setting for row in compared.rows))
    labels = points.labels([argparse.Namespace(setting=setting) for setting in found])
    return {setting: " ".join(part for part in parts if part and part != setting.workload) for setting, parts in zip(found, labels)}


def _notes(compared, rules, floors):
    verdicts = [row.verdict for row in compared.rows]
    counted = ", ".join(f"{verdicts.count(word)} {word}" for word in comparison.VERDICTS if word in verdicts)
    notes = [f"{counted}.",
             f"Ratio: new over base (Hodges-Lehmann), its {rules.confidence:.0%} bootstrap interval, p by Mann-Whitney adjusted by Holm "
             f"over the table. A claim needs p < {rules.alpha:g} and a difference above {rules.threshold:.1%}; same: the interval lies within it."]
    if floors:
        notes.append(f"Where the noise floor of {floors.path} is larger, it takes the place of the threshold.")
    notes += compared.notes
    for word, places in (("BASE", compared.only_base), ("NEW", compared.only_new)):
        notes += [f"Only in {word}: {place}." for place in places]
    return notes


def measures(text):
    if text == "all":
        return list(MEASURES.values())
    names = list(dict.fromkeys(text.split(",")))
    if unknown := [name for name in names if name not in MEASURES]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(MEASURES)}, all")
    return [MEASURES[name] for name in names]


def percent(text):
    try:
        value = float(text.removesuffix("%")) / 100 if text.endswith("%") else float("nan")
    except ValueError:
        value = float("nan")
    if not 0 <= value < 10:
        raise argparse.ArgumentTypeError(f"{text!r} is no percentage, such as 5%")
    return value


def share(text):
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not between 0 and 1")
    return value
