"""What goes wrong: the one exception that ends the program with a line for the user instead of a traceback, and warnings."""

import sys

from analysis.tables import printable


class UsageError(Exception):
    """What was asked for cannot be done as asked; the message is one line that says what and why."""


LONGEST = 1500  # characters: a name of thousands must not hide what is said about it


def one_line(message):
    """What comes from a file cannot move the cursor of whoever reads this."""
    text = printable(message)
    return text if len(text) <= LONGEST else f"{text[:LONGEST // 2]} ... {text[-LONGEST // 2:]}"


def warn(message):
    print(f"syncbench-analyze: warning: {one_line(message)}", file=sys.stderr)
