"""What compare makes out of nothing: it is given equal things to compare, and how far they seem to differ is the noise floor.

Equal things are the reference and the same reference measured again, two runs of one build, or, where there is one run
only, halves of its repetitions, which cannot show what differs between runs. `compare` raises its threshold to the floor
of a calibration that it finds beside its files: no p can tell that two runs were two days.
"""

import json
import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from random import Random

import numpy as np

from analysis import checks, comparison
from analysis.errors import UsageError
from analysis.measures import MEASURES
from analysis.places import Place

SCHEMA = "syncbench-calibration/1"
FILE = "calibration.json"
HALVINGS = 10  # of a single run
MOST_PAIRS = 45  # of runs: those of ten


@dataclass(frozen=True)
class Floor:
    place: Place
    measure: str
    ratios: tuple  # one for each pair of equal things

    @property
    def value(self):
        """The relative difference that 95 % of the comparisons stayed below; the largest of fewer than twenty."""
        logs = np.abs(np.log(self.ratios))
        return float(np.expm1(logs.max() if len(logs) < 20 else np.quantile(logs, 0.95)))


@dataclass(frozen=True)
class Calibration:
    machine: str
    floors: list
    tables: int  # with a row that had enough values for a claim
    tables_with_claims: int
    rows: int  # that had
    claims: int
    mute: int  # rows that had not
    kinds: dict  # what was compared with what: how often


def calibrate(trials, environments, measures, rules):
    """Raises UsageError for trials of several builds or machines (see commands), and where nothing was measured twice."""
    ratios, claims, mute, kinds = defaultdict(list), [], 0, Counter()
    for kind, base, new, scale in _equals(trials):
        try:
            rows = comparison.compare((base, environments), (new, environments), measures, rules).rows
        except UsageError:
            continue  # these two have no point in common
        for row in rows:
            if row.is_of_one_mood and row.ratio is not None:
                ratios[row.place, row.measure.name].append(row.ratio**scale)
        able = comparison.with_a_voice(rows, rules)
        claims.append([row.verdict in comparison.CLAIMS for row in able])
        mute += sum(row.ratio is not None for row in rows) - len(able)
        kinds[kind] += 1
    if not ratios:
        raise UsageError("nothing in these files was measured twice: no second run, no second repetition, no A/A pair")
    floors = [Floor(place, measure, tuple(found)) for (place, measure), found in ratios.items()]
    return Calibration(environments[trials[0].environment].machine, floors, sum(map(bool, claims)), sum(map(any, claims)),
                       sum(map(len, claims)), sum(map(sum, claims)), mute, dict(kinds))


def _equals(trials):
    """Pairs of sets of trials between which there is no difference: what they are, both, and to which power a ratio of them
    stands for one of whole runs (halves have half the values, and scatter more)."""
    runs = defaultdict(list)
    for trial in trials:
        runs[trial.run].append(trial)
    for run in runs.values():
        again = [t for t in run if t.copy == 1]
        measured = {(t.kind, t.implementation, t.block) for t in again}
        if again:
            yield "A/A pairs", [t for t in run if t.copy == 0 and (t.kind, t.implementation, t.block) in measured], [
                t._replace(copy=0) for t in again], 1
    pairs = list(combinations(runs.values(), 2))
    for base, new in pairs if len(pairs) <= MOST_PAIRS else Random(1).sample(pairs, MOST_PAIRS):
        yield "pairs of runs", base, new, 1
    if not pairs:
        yield from _halves(trials)


def _halves(trials):
    repetitions = frozenset(t.repetition for t in trials)
    splits = {}  # of repetitions into two halves, whichever is called the first
    for seed in range(10 * HALVINGS if len(repetitions) > 1 else 0):
        half = frozenset(Random(seed).sample(sorted(repetitions), len(repetitions) // 2))
        splits.setdefault(frozenset({half, repetitions - half}), half)
    for half in list(splits.values())[:HALVINGS]:
        first, second = ([t for t in trials if (t.repetition in half) == chosen] for chosen in (True, False))
        yield "halves of a run", first, second, math.sqrt(0.5)


# To and from a file --------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Floors:
    """Those of a file."""

    path: Path
    machine: str
    floors: dict  # (place, name of a measure) -> relative difference


def as_json(calibration, rules):
    """The content of a file."""
    false_alarms = {name: getattr(calibration, name) for name in ("tables", "tables_with_claims", "rows", "claims", "mute")}
    return {"schema": SCHEMA, "machine": calibration.machine, "alpha": rules.alpha, "threshold": rules.threshold,
            "compared": calibration.kinds, "false_alarms": false_alarms,
            "points": [{**f.place.as_json(), "measure": f.measure, "comparisons": len(f.ratios), "floor": f.value}
                       for f in calibration.floors]}


def find(path, beside):
    """The floors of this file, or of the calibration beside one of these result files or folders; None if there is none."""
    if path is not None:
        return read(Path(path))
    folders = [Path(name) if Path(name).is_dir() else Path(name).parent for name in beside]
    return next((read(folder / FILE) for folder in folders if (folder / FILE).exists()), None)


def read(path):
    try:
        record = checks.parsed(path.read_bytes())
        if record["schema"] != SCHEMA:
            raise ValueError(f"schema {record['schema']!r:.60} is unknown")
        return Floors(path, str(record["machine"]), dict(map(_floor, record["points"])))
    except OSError as problem:
        raise UsageError(f"{path}: {problem.strerror}") from problem
    except checks.MALFORMED as problem:
        raise UsageError(f"{path}: no calibration ({checks.describe(problem)})") from problem


def _floor(point):
    return (Place.from_json(point), checks.one_of(point["measure"], *MEASURES)), checks.measure(point["floor"])
