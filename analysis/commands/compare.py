"""`syncbench-analyze compare BASE NEW`: what became faster, what became slower, and what nobody can tell."""

from dataclasses import replace
from pathlib import Path

from analysis import calibration, comparison, labels, tables
from analysis.commands import judging, reading
from analysis.errors import UsageError, warn
from analysis.tables import Column, Table, as_number, as_p, as_percentage, as_ratio

NAME = "compare"
HELP = "compare two sets of results point by point; exit 1 if something became slower"
WIDE = ("n base", "n new", "note")  # a page has no room for them
SHOWN = {"all": comparison.VERDICTS, "claims": (*comparison.CLAIMS, comparison.INVALID)}


def add_arguments(parser):
    parser.add_argument("base", metavar="BASE", help="result file, or folder of result files, to compare with")
    parser.add_argument("new", metavar="NEW", help="result file, or folder, to be judged")
    judging.add_rules(parser)
    parser.add_argument("--calibration", metavar="FILE",
                        help=f"noise floors from calibrate (default: {calibration.FILE} beside NEW or BASE, if it is there)")
    parser.add_argument("--paired", action="store_true",
                        help="files of one name in both folders were measured side by side: judge the ratios inside such pairs")
    parser.add_argument("--across", action="store_true", help="allow results of different machines")
    parser.add_argument("--only", choices=SHOWN, default="all", help="claims: only rows that are faster, slower or invalid")
    parser.add_argument("--format", choices=tables.FORMS, default="console", help="default: %(default)s")
    reading.add_salvage(parser)


def run(arguments):
    base, new = (judging.read_side([path], arguments.salvage) for path in (arguments.base, arguments.new))
    check_comparable(base, new, arguments.across)
    rules = replace(judging.rules(arguments), paired=arguments.paired)
    if rules.paired:
        base, new = ((_by_file(trials), environments) for trials, environments in (base, new))
    floors = _floors(arguments, base)
    compared = comparison.compare(base, new, arguments.measures, rules, floors.floors if floors else None)
    table = _table(compared, rules, floors, SHOWN[arguments.only])
    if arguments.format == "latex":
        table = tables.selected(table, [c.name for c in table.columns if c.name not in WIDE])
    print(tables.render(table, arguments.format), end="")
    for row in compared.regressions:
        warn(f"{row.verdict}: {row.place}, {row.measure.name}" + (f" ({row.note})" if row.note else ""))
    return 1 if compared.regressions else 0


def _by_file(trials):
    """With a run for each file, under the name that it has without its folder."""
    return [trial._replace(run=Path(trial.source[0]).name) for trial in trials]


def _floors(arguments, side):
    """One that was asked for has to be of this machine; one that lies there need not."""
    found = calibration.find(arguments.calibration, (arguments.new, arguments.base))
    trials, environments = side
    if found is None or found.machine == environments[trials[0].environment].machine:
        return found
    words = f"{found.path}: is of another machine ({found.machine})"
    if arguments.calibration is not None:
        raise UsageError(words)
    warn(f"{words}, and does not count")
    return None


def check_comparable(base, new, across):
    (before, old), (after, now) = base, new
    machines = [environments[trials[0].environment] for trials, environments in (base, new)]
    if machines[0].machine != machines[1].machine and not across:
        raise UsageError(f"these are two machines ({machines[0].machine} and {machines[1].machine}); "
                         "--across compares them all the same")
    if before[0].source[0] == after[0].source[0]:
        warn("BASE and NEW are the same")
    for what in ("compiler", "flags", "build_type"):
        texts = [str(machine.facts.get("build", {}).get(what, "unknown")) for machine in machines]
        if texts[0] != texts[1]:
            warn(f"BASE and NEW differ in {what}: {texts[0]} and {texts[1]}")


def _table(compared, rules, floors, verdicts):
    shown = [row for row in compared.rows if row.verdict in verdicts]
    columns = [*labels.COLUMNS, Column("measure"), Column("base", as_number), Column("new", as_number), Column("ratio", as_ratio),
               Column("low", as_ratio), Column("high", as_ratio), Column("threshold", as_percentage), Column("p", as_p),
               Column("n base"), Column("n new"),
               Column("verdict"), Column("note")]
    words = labels.by_place([row.place for row in compared.rows])
    rows = [[*words[row.place], row.measure.name, row.base.median, row.new.median, row.ratio, *(row.interval or (None, None)),
             row.threshold, row.adjusted_p, _count(row.base), _count(row.new), row.verdict, row.note] for row in shown]
    return Table(columns, rows, _notes(compared, rules, floors), (*labels.FOLDABLE, "measure", "threshold", "note"))


def _count(side):
    """How many values, and how many trials did not become one, and why."""
    left_out = ", ".join(f"{n} {word}" for word, n in side.left_out.items())
    return f"{len(side.values)} ({left_out})" if left_out else f"{len(side.values)}"


def _notes(compared, rules, floors):
    verdicts = [row.verdict for row in compared.rows]
    counted = ", ".join(f"{verdicts.count(word)} {word}" for word in comparison.VERDICTS if word in verdicts)
    means = ((f"its {rules.confidence:.0%} interval and p by Wilcoxon's signed ranks of pairs" if rules.paired else
              f"its {rules.confidence:.0%} bootstrap interval, p by Mann-Whitney"))
    notes = [f"{counted}.",
             f"Ratio: new over base (Hodges-Lehmann), {means}, adjusted by Holm over the table. A claim needs p < {rules.alpha:g} "
             f"and a difference above {rules.threshold:.1%}; same: the interval lies within it."]
    if floors:
        known = sum((row.place, row.measure.name) in floors.floors for row in compared.rows)
        notes.append(f"{floors.path} has a noise floor for {known} of {len(verdicts)} rows; where it is larger, a claim has to be "
                     "beyond it too.")
    notes += compared.notes
    for word, places in (("BASE", compared.only_base), ("NEW", compared.only_new)):
        notes += [f"Only in {word}: {place}." for place in places]
    return notes
