"""`syncbench-analyze history add|check|show|index`: what became of the measurements over many runs."""

from argparse import ArgumentTypeError
from collections import Counter
from pathlib import Path

from analysis import history, history_check, history_index, labels, style, tables
from analysis.commands import judging, reading, writing
from analysis.errors import UsageError, warn
from analysis.history_check import Rules
from analysis.plots import history as drawing
from analysis.tables import Column, Table, as_count, as_number, as_p, as_ratio

NAME = "history"
HELP = "keep runs, find out since when something is faster or slower, and draw it; check exits 1 on a regression"
STORE = "results/history"
MOST_FIGURES = 40


def add_arguments(parser):
    actions = parser.add_subparsers(dest="action", required=True, metavar="add|check|show|index")
    add = actions.add_parser("add", help="put the runs of result files into the store")
    reading.add_arguments(add)
    check = actions.add_parser("check", help="judge the last run of each machine; exit 1 if something got worse")
    show = actions.add_parser("show", help="list the series and draw those that are chosen")
    index = actions.add_parser("index", help="make the index again")
    for action in (add, check, show, index):
        action.add_argument("--store", default=STORE, metavar="DIR", help="default: %(default)s")
    for action in (check, show):
        _add_choice(action)
        reading.add_salvage(action)
    check.add_argument("--last", type=_runs, default=Rules.last, metavar="N",
                       help="changes in the last N runs are news (default: %(default)s)")
    show.add_argument("-o", "--output", metavar="DIR", help="draw the chosen series into this folder")
    writing.add_width(show, "two")
    writing.add_formats(show)


def _add_choice(parser):
    for name in ("workload", "impl", "machine"):
        parser.add_argument(f"--{name}", metavar="TEXT", help=f"only where the {name} contains TEXT")
    parser.add_argument("--threads", type=int, metavar="N", help="only this number of threads")
    judging.add_rules(parser)
    parser.add_argument("--format", choices=tables.FORMS, default="console", help="default: %(default)s")


def run(arguments):
    return {"add": _add, "check": _check, "show": _show, "index": _index}[arguments.action](arguments)


def _add(arguments):
    trials, environments = reading.read(arguments)
    for record in history.lines_of(trials, environments):
        added = history.add(arguments.store, record, warn)
        print(tables.printable(f"{record['run']}: {'added' if added else 'is there already'} ({len(record['points'])} points, "
                               f"build {record['build']})"))
    return 0


def _index(arguments):
    found = history_index.rebuild(arguments.store, warn)
    print(f"{Path(arguments.store) / history_index.INDEX}: {len(found)} series")
    return 0


def _check(arguments):
    rules = Rules(arguments.alpha, arguments.threshold, arguments.last)
    chosen = _chosen(arguments)
    news = history_check.findings(history_check.trends(chosen, rules), rules)
    print(tables.render(_news_table(news, len(chosen), rules), arguments.format), end="")
    for finding in news:
        if finding.worse:
            warn(_sentence(finding))
    return 1 if any(finding.worse for finding in news) else 0


def _sentence(finding):
    change, series = finding.change, finding.trend.series
    what = f"{series.name} {100 * (change.ratio - 1):+.1f} % ({finding.what})" if change.ratio else finding.what
    return (f"worse: {series.place}: {what}, between {change.before.build} and {change.first.build} ({change.first.started_at}), "
            f"{series.machine}")


def _news_table(news, series, rules):
    columns = [*labels.COLUMNS, Column("measure"), Column("what"), Column("ratio", as_ratio), Column("p", as_p),
               Column("last good build"), Column("first build"), Column("since"), Column("verdict")]
    words = labels.by_place([finding.trend.series.place for finding in news])
    rows = [[*words[f.trend.series.place], f.trend.series.name, f.what, f.change.ratio or None, f.p, f.change.before.build,
             f.change.first.build, f.change.first.started_at, f.verdict] for f in news]
    verdicts = Counter({history_check.WORSE: 0, history_check.BETTER: 0})
    verdicts.update(finding.verdict for finding in news)
    notes = [f"{series} series: {', '.join(f'{n} {verdict}' for verdict, n in verdicts.items())}.",
             f"change: a lasting change in the last {rules.last} runs (E-divisive on ranks). last run: beyond everything since the last "
             f"change, and p < {rules.alpha_of_each:g} after Holm. Changes up to {rules.threshold:.1%} do not count."]
    return Table(columns, rows, notes, (*labels.FOLDABLE, "measure"))


def _show(arguments):
    chosen = _chosen(arguments)
    found = history_check.trends(chosen, Rules(arguments.alpha, arguments.threshold))
    print(tables.render(_table(found), arguments.format), end="")
    if arguments.output:
        _draw(found, arguments)
    return 0


def _draw(found, arguments):
    if len(found) > MOST_FIGURES:
        raise UsageError(f"{len(found)} series are too many to draw ({MOST_FIGURES}); choose with --workload, --impl, "
                         "--threads, --measures")
    names = writing.FileNames()
    for trend in found:
        path = Path(arguments.output) / names.of(f"history-{trend.series.name}", [str(trend.series.place)])
        with style.applied():
            writing.figure(drawing.draw(trend, arguments.width), path, arguments.formats)


def _table(found):
    columns = [*labels.COLUMNS, Column("measure"), Column("runs", as_count), Column("last", as_number), Column("level", as_number),
               Column("changes", as_count), Column("latest change"), Column("ratio", as_ratio), Column("last build")]
    words = labels.by_place([trend.series.place for trend in found])
    rows = []
    for trend in found:
        last, change = trend.series.values[-1], trend.changes[-1] if trend.changes else None
        rows.append([*words[trend.series.place], trend.series.name, len(trend.series.values), last.value, drawing.level(trend),
                     len(trend.changes), f"{change.before.build}..{change.first.build}" if change else None,
                     change.ratio if change else None, last.run.build + (f" ({last.broken})" if last.broken else "")])
    machines = sorted({trend.series.machine for trend in found})
    note = f"{'Machine' if len(machines) == 1 else 'Machines'}: {'; '.join(machines)}."
    return Table(columns, rows, [note], (*labels.FOLDABLE, "measure"))


def _chosen(arguments):
    wanted = {measure.name for measure in arguments.measures}
    found = [one for one in history_index.series(arguments.store, warn, arguments.salvage)
             if one.measure.name in wanted and (arguments.workload or "") in one.place.setting.workload
             and (arguments.impl or "") in one.place.implementation and (arguments.machine or "") in one.machine
             and arguments.threads in (None, one.place.threads)]
    if not found:
        raise UsageError(f"{arguments.store}: no series of this choice")
    return found


def _runs(text):
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise ArgumentTypeError(f"{text!r:.80} is not a number from 1 to 10000")
    return int(text)
