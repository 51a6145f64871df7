"""The one exception that ends the program with a line for the user instead of a traceback."""


class UsageError(Exception):
    """What was asked for cannot be done as asked; the message is one line that says what and why."""
