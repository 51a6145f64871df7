"""The list of subcommands. To add one: a module here with `NAME`, `HELP`, `add_arguments(parser)` and
`run(arguments) -> exit status`, and its name in `COMMANDS`.
"""

from analysis.commands import calibrate, compare, kills, plot

COMMANDS = [plot, compare, calibrate, kills]
