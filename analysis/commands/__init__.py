"""The list of subcommands. To add one: a module here with `NAME`, `HELP`, `add_arguments(parser)` and
`run(arguments) -> exit status`, and its name in `COMMANDS`.
"""

from analysis.commands import calibrate, compare, export, history, kills, plot, report, table

COMMANDS = [plot, report, compare, table, calibrate, history, export, kills]
