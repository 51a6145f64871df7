"""Checks of values that come from files: each gives the value back, or raises ValueError with what is wrong with it."""

import json
import math

# What a record that is not what it should be leads to, when it is taken apart.
MALFORMED = (KeyError, TypeError, ValueError, AttributeError, RecursionError, OverflowError)
LARGEST = 1 << 63  # what no counter reaches, and neither a floating-point number nor a database takes


def describe(problem):
    """One of the malformed, in words."""
    return f"no field {problem}" if isinstance(problem, KeyError) else str(problem)


def refuse_constant(name):
    """For json: NaN and the infinities are not JSON."""
    raise ValueError(f"{name} is not JSON")


def parsed(line):
    """The JSON value in these bytes. Raises UnicodeError where it is no text, and else what json does."""
    value = json.loads(line.decode(), parse_constant=refuse_constant)
    if b"\\ud" in line or b"\\uD" in line:
        json.dumps(value, ensure_ascii=False).encode()  # half a character can be escaped, and never be written again
    return value


def parameter(value):
    return value if isinstance(value, str) else number(value)


def number(value):
    if type(value) not in (int, float) or not math.isfinite(value):  # a bool is an int only to isinstance
        raise ValueError(f"{value!r:.60} is not a finite number")
    return value


def measure(value):
    if number(value) < 0:
        raise ValueError(f"{value!r:.60} is negative")
    return value


def whole_number(value):
    if type(value) is not int or not 0 <= value < LARGEST:
        raise ValueError(f"{value!r:.60} is not a whole number")
    return value


def count(value):
    if type(value) is not int or not 1 <= value < LARGEST:
        raise ValueError(f"{value!r:.60} is not a count")
    return value


def yes_or_no(value):
    if not isinstance(value, bool):
        raise ValueError(f"{value!r:.60} is not true or false")
    return value


def mapping(value):
    if not isinstance(value, dict):
        raise ValueError(f"{value!r:.60} is not an object")
    return value


def text(value):
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r:.60} is not a name")
    return value


def one_of(value, *allowed):
    if value not in allowed:
        raise ValueError(f"{value!r:.60} is none of {', '.join(allowed)}")
    return value
