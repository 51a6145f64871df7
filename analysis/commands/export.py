"""`syncbench-analyze export --to TOOL`: a run in the format of another tool, on standard output or in a file."""

from analysis import exports, summary
from analysis.commands import judging, reading, writing

NAME = "export"
HELP = "write a run for Bencher, github-action-benchmark, Otava or tools that read Google Benchmark's JSON"


def add_arguments(parser):
    reading.add_arguments(parser)
    parser.add_argument("--to", choices=exports.FORMATS, required=True)
    parser.add_argument("-o", "--output", metavar="FILE", help="default: standard output")


def run(arguments):
    if arguments.output:
        writing.refuse_inputs(arguments.output, reading.result_files(arguments.files))
    trials, environments = judging.read_side(arguments.files, arguments.salvage)
    text = exports.FORMATS[arguments.to](summary.lines(trials, environments), trials, environments)
    if arguments.output:
        writing.write(arguments.output, text.encode())
    else:
        print(text, end="")
    return 0
