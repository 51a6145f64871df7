"""The command line of syncbench-analyze: picks the subcommand, and turns failures into one line and an exit status.

Exit: 0 done, 1 something got worse (compare, history check), 2 wrong use or unusable input, 3 a Python package is missing
or the program is at fault, 130 interrupted.
Tables, and the paths of what was written, go to stdout, warnings and errors to stderr.
"""

import argparse
import os
import signal
import sys
import traceback
from importlib.util import find_spec

PROGRAM = "syncbench-analyze"
NEEDED = ("matplotlib", "numpy", "scipy")


def main(argv=None):
    if missing := [f"python3-{name}" for name in NEEDED if find_spec(name) is None]:
        return _fail(f"{sys.executable} lacks {' and '.join(missing)}: install the Debian packages of these names", 3)

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that lacks a character is no reason to fail
            stream.reconfigure(errors="replace")
    try:
        return _run(argv)
    except KeyboardInterrupt:
        return _fail("interrupted; what was written is whole", 128 + signal.SIGINT)
    except BrokenPipeError:  # the reader has seen enough
        _drop_output()
        return 128 + signal.SIGPIPE
    except Exception:  # a fault of this program must not be taken for a judgement, which is what 1 would mean
        traceback.print_exc()
        return _fail("this is a fault of the program; please report it with the lines above", 3)


def _run(argv):
    from analysis.commands import COMMANDS  # only now: these import the packages that were just looked for
    from analysis.errors import UsageError, one_line

    parser = _Parser(prog=PROGRAM, description="Figures and judgements from the result files of syncbench.")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        sub = subparsers.add_parser(command.NAME, help=command.HELP, description=command.HELP)
        command.add_arguments(sub)
        sub.set_defaults(run=command.run)
    arguments = parser.parse_args(argv)
    try:
        status = arguments.run(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()  # a full disk shows here, and not after the exit status is settled
        return status
    except UsageError as problem:
        return _fail(one_line(problem), 2)
    except BrokenPipeError:
        raise
    except OSError as problem:
        if problem.filename is None:
            _drop_output()
        return _fail(one_line(f"{problem.filename or 'standard output'}: {problem.strerror}"), 2)


def _drop_output():
    """What is still buffered must not fail at the end again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def _fail(message, status):
    print(f"{PROGRAM}: {message}", file=sys.stderr)
    return status
