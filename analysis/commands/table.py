"""`syncbench-analyze table`: the runner's table again, from the files, for a paper, a pull request or a spreadsheet."""

from analysis import summary, tables
from analysis.commands import reading

NAME = "table"
HELP = "write one line a point: throughput with interval, ratio to the reference, latency, fairness, cost"


def add_arguments(parser):
    reading.add_arguments(parser)
    parser.add_argument("--format", choices=tables.FORMS, default="console", help="default: %(default)s")


def run(arguments):
    trials, environments = reading.read(arguments)
    print(tables.render(summary.table(summary.lines(trials, environments)), arguments.format), end="")
    return 0
