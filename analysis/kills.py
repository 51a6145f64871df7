"""The kill matrix of `syncbench --mutants`: which planted bug was found in which mode, with how many threads, how soon.

A file has one JSON object a line: `subject mode threads killed seconds runs`, and for a mutant `rule` and `needs`.
"""

from dataclasses import dataclass
from pathlib import Path

from analysis import checks
from analysis.errors import UsageError

SCHEMA = "syncbench-mutants/1"
MODES = ("plain", "faulty", "scheduled", "tso")


@dataclass(frozen=True)
class Cell:
    mode: str
    threads: int
    killed: bool
    seconds: float


@dataclass(frozen=True)
class Subject:
    name: str
    healthy: bool
    rule: str
    equivalent: bool
    cells: dict  # (mode, threads) -> Cell


def read(path):
    """The subjects of a file, in its order. Raises UsageError with the file and the line."""
    try:
        lines = Path(path).read_bytes().splitlines()
    except OSError as problem:
        raise UsageError(f"{path}: {problem.strerror}") from problem
    subjects = {}
    for number, line in enumerate(lines, 1):
        try:
            _add(subjects, checks.parsed(line))
        except checks.MALFORMED as problem:
            raise UsageError(f"{path}:{number}: not a line of a kill matrix, {SCHEMA} ({checks.describe(problem)})") from problem
    if not subjects:
        raise UsageError(f"{path}: holds no kill matrix")
    return list(subjects.values())


def _add(subjects, line):
    checks.one_of(line["schema"], SCHEMA)
    cell = Cell(checks.one_of(line["mode"], *MODES), checks.count(line["threads"]), checks.yes_or_no(line["killed"]),
                checks.measure(line["seconds"]))
    if line["runs"] == 0 and not cell.killed:
        return  # not needed: another column had said enough
    name = str(line["subject"])
    subject = subjects.setdefault(
        name, Subject(name, bool(line["healthy"]), str(line.get("rule", "")), "equivalent" in line, {}))
    subject.cells[cell.mode, cell.threads] = cell
