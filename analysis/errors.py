"""What goes wrong: the one exception that ends the program with a line for the user instead of a traceback, and warnings."""

import sys


class UsageError(Exception):
    """What was asked for cannot be done as asked; the message is one line that says what and why."""


def warn(line):
    print(f"syncbench-analyze: warning: {line}", file=sys.stderr)
