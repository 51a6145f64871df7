"""What `syncbench --conformance --format json` prints: which implementation keeps which promise.

One JSON object with a list of findings: `primitive implementation rule text outcome`, and a `reason` where it is not a pass.
"""

from dataclasses import dataclass
from pathlib import Path

from analysis import checks
from analysis.errors import UsageError

SCHEMA = "syncbench-conformance/1"
OUTCOMES = PASS, TRAIT, NOT_APPLICABLE, FAIL = "pass", "trait", "not applicable", "fail"


@dataclass(frozen=True)
class Finding:
    primitive: str
    implementation: str
    rule: str
    text: str  # of the rule
    outcome: str
    reason: str


@dataclass(frozen=True)
class Conformance:
    profile: str
    findings: list


def read(path):
    """Raises UsageError with the file."""
    try:
        text = Path(path).read_bytes()
    except OSError as problem:
        raise UsageError(f"{path}: {problem.strerror}") from problem
    try:
        record = checks.parsed(text)
    except UnicodeError as problem:
        raise UsageError(f"{path}: is not text in UTF-8") from problem
    except (ValueError, RecursionError) as problem:
        line = getattr(problem, "lineno", 1)
        raise UsageError(f"{path}:{line}: not the output of --conformance --format json ({SCHEMA})") from problem
    try:
        if record["schema"] != SCHEMA or not record["findings"]:
            raise ValueError
        return Conformance(str(record["profile"]), [_finding(one) for one in record["findings"]])
    except checks.MALFORMED as problem:
        raise UsageError(f"{path}: not the output of --conformance --format json ({SCHEMA})") from problem


def _finding(one):
    if one["outcome"] not in OUTCOMES:
        raise ValueError
    names = (str(one[key]) for key in ("primitive", "implementation", "rule", "text", "outcome"))
    return Finding(*names, str(one.get("reason", "")))
