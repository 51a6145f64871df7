"""Noise floors: how far equal things differ on one machine, as `syncbench-analyze calibrate` found it, to and from a file.

A floor is the relative difference that compare saw between halves of the same measurements; below it no difference between
two sets of results means anything, however small its p.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from analysis.comparison import Place
from analysis.errors import UsageError
from analysis.measures import MEASURES
from analysis.points import Setting

SCHEMA = "syncbench-calibration/1"
FILE = "calibration.json"
FIELDS = ("workload", "policy", "role_order", "split", "window", "kind")  # of a setting, as they stand in the file


@dataclass(frozen=True)
class Floors:
    path: Path
    machine: str
    floors: dict  # (place, name of a measure) -> relative difference

    def by_place(self, side):
        """The floors, if they are of the machine of these results."""
        trials, environments = side
        if environments[trials[0].environment].machine != self.machine:
            raise UsageError(f"{self.path}: is of another machine ({self.machine})")
        return self.floors


def find(path, beside):
    """The floors of this file, or of the calibration beside one of these result files or folders; None if there is none."""
    if path is not None:
        return read(Path(path))
    folders = [Path(name) if Path(name).is_dir() else Path(name).parent for name in beside]
    return next((read(folder / FILE) for folder in folders if (folder / FILE).exists()), None)


def read(path):
    try:
        record = json.loads(path.read_bytes().decode())
        if record["schema"] != SCHEMA:
            raise ValueError(f"schema {record['schema']!r:.60} is unknown")
        floors = dict(_floor(point) for point in record["points"])
        return Floors(path, str(record["machine"]), floors)
    except OSError as problem:
        raise UsageError(f"{path}: {problem.strerror}") from problem
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise UsageError(f"{path}: no calibration ({problem})") from problem


def _floor(point):
    floor = float(point["floor"])
    if not math.isfinite(floor) or floor < 0 or point["measure"] not in MEASURES:
        raise ValueError(f"{point['measure']!r:.60} with floor {floor}")
    return (place_of(point), point["measure"]), floor


def as_json(place):
    """A place as an object, from which `place_of` makes it again."""
    setting = place.setting
    return {**{name: getattr(setting, name) for name in FIELDS}, "params": dict(setting.params),
            "implementation": place.implementation, "threads": place.threads}


def place_of(record):
    setting = Setting(params=tuple(sorted(record["params"].items())), host="", pus=None, build="",
                      **{name: str(record[name]) for name in FIELDS})
    return Place(setting, str(record["implementation"]), int(record["threads"]))
