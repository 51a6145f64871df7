"""What goes wrong: the one exception that ends the program with a line for the user instead of a traceback, and warnings."""

import sys

from analysis.tables import printable


class UsageError(Exception):
    """What was asked for cannot be done as asked; the message is one line that says what and why."""


def warn(line):
    """What comes from a file cannot move the cursor of whoever reads this."""
    print(f"syncbench-analyze: warning: {printable(line)}", file=sys.stderr)
