"""`syncbench-analyze report`: one HTML page of everything, beside the first result file."""

import os
import shlex
from pathlib import Path

from analysis import conformance, gallery, kills, load, points, summary
from analysis.commands import reading, writing
from analysis.errors import UsageError
from analysis.report import page, pictures, sources

NAME = "report"
HELP = "write one self-contained page: warnings, who wins where, results, figures, and what else is given"


def add_arguments(parser):
    reading.add_arguments(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="the page (default: beside the first file, *-report.html)")
    parser.add_argument("--kills", metavar="FILE", help="what syncbench --mutants -o FILE has written")
    parser.add_argument("--conformance", metavar="FILE", help="what syncbench --conformance --format json has printed")
    parser.add_argument("--force", action="store_true", help="write over a file that is no report")


def run(arguments):
    files = reading.result_files(arguments.files)
    first = Path(arguments.files[0])
    output = Path(arguments.output) if arguments.output else first.with_name(f"{first.stem}-report.html")
    inputs = [path for path in (*files, arguments.kills, arguments.conformance) if path]
    _refuse(output, inputs, arguments.force)
    text = page.page(_study(arguments, files, output.parent))
    writing.write(output, text.encode())
    print(output)
    return 0


def _refuse(output, inputs, force):
    """Before the work is done, not after it."""
    writing.refuse_inputs(output, inputs)
    if output.exists() and not force:
        try:
            with open(output, "rb") as file:
                is_report = file.read(len(page.MARKER)) in (b"", page.MARKER.encode())
        except OSError as problem:
            raise UsageError(f"{output}: {problem.strerror}") from problem
        if not is_report:
            raise UsageError(f"{output}: is there, and is no report; --force writes over it")


def _study(arguments, files, folder):
    subjects = kills.read(arguments.kills) if arguments.kills else None
    promises = conformance.read(arguments.conformance) if arguments.conformance else None
    trials, environments = reading.read(arguments)
    shown = list(gallery.pictures(trials, environments))
    return page.Study(
        trials=trials, environments=environments, figures=points.figures(trials, environments),
        lines=summary.lines(trials, environments), pictures=shown, drawings=pictures.drawn(shown),
        sources=_sources(arguments, files, folder, trials), commands=_commands(trials), options=_options(arguments, folder),
        kills=subjects, conformance=promises)


def _sources(arguments, files, folder, trials):
    counts = {}
    for trial in trials:
        counts[trial.source[0]] = counts.get(trial.source[0], 0) + 1
    unique = {path.resolve(): path for path in files}.values()
    found = [sources.of(path, folder, f"{counts.get(str(path), 0)} trials") for path in unique]
    others = (arguments.kills, "kill matrix"), (arguments.conformance, "conformance matrix")
    return found + [sources.of(path, folder, what) for path, what in others if path]


def _commands(trials):
    """One of each run, in order. Commands are not kept when records are read: most of the analysis has no use for them."""
    firsts = {}
    for trial in trials:
        firsts.setdefault(trial.run, trial)
    return list(dict.fromkeys(str(command) for trial in firsts.values() if (command := load.whole(trial).get("command"))))


def _options(arguments, folder):
    given = [(option, path) for option, path in (("--kills", arguments.kills), ("--conformance", arguments.conformance)) if path]
    return "".join(f" {option} {shlex.quote(os.path.relpath(path, folder))}" for option, path in given)
