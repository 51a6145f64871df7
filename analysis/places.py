"""A place: what is measured again and again, on whatever machine and build, and can be compared with itself."""

from dataclasses import dataclass

from analysis import checks, points
from analysis.points import Setting

FIELDS = ("workload", "policy", "role_order", "split", "window", "kind")  # of a setting, as they stand in a file


@dataclass(frozen=True)
class Place:
    """What is compared with what: a point without the build and the machine."""

    setting: points.Setting
    implementation: str
    threads: int

    def __str__(self):
        fixed = self.setting
        words = [fixed.workload, self.implementation, f"{self.threads} threads", fixed.split,
                 *(points.assignment(*param) for param in fixed.params), fixed.policy, fixed.role_order, fixed.window, fixed.kind]
        return " ".join(word for word in words if word)

    def as_json(self):
        return {**{name: getattr(self.setting, name) for name in FIELDS}, "params": dict(self.setting.params),
                "implementation": self.implementation, "threads": self.threads}

    @staticmethod
    def from_json(record):
        """Raises what a malformed record leads to: KeyError, TypeError, ValueError, AttributeError."""
        params = tuple(sorted((name, checks.parameter(value)) for name, value in record["params"].items()))
        setting = Setting(params=params, host="", pus=None, build="", **{name: str(record[name]) for name in FIELDS})
        return Place(setting, str(record["implementation"]), checks.count(record["threads"]))
