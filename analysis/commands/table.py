"""`syncbench-analyze table`: the runner's table again, from the files, for a paper, a pull request or a spreadsheet."""

from dataclasses import replace

from analysis import summary, tables
from analysis.commands import reading
from analysis.errors import UsageError

NAME = "table"
HELP = "write one line a point: throughput with interval, ratio to the reference, latency, fairness, cost"


def add_arguments(parser):
    reading.add_arguments(parser)
    parser.add_argument("--columns", metavar="LIST",
                        help="only these columns, by their headings, in this order (default: all; in latex what fits a page)")
    parser.add_argument("--format", choices=tables.FORMS, default="console", help="default: %(default)s")


def run(arguments):
    trials, environments = reading.read(arguments)
    table = summary.table(summary.lines(trials, environments))
    if arguments.columns:
        try:
            table = replace(tables.selected(table, arguments.columns.split(",")), foldable=())
        except KeyError as name:
            raise UsageError(f"--columns: {name} is none of {', '.join(column.name for column in table.columns)}") from name
    elif arguments.format == "latex":
        table = tables.selected(table, summary.NARROW)
    print(tables.render(table, arguments.format), end="")
    return 0
