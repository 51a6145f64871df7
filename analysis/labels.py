"""How a point is named in the columns of a table: short, and never two points by one name."""

from analysis import points
from analysis.tables import Column, as_count

COLUMNS = [Column("workload"), Column("setting"), Column("implementation"), Column("threads", as_count)]
FOLDABLE = ("workload", "setting")  # in every table


def by_place(places):
    """The four cells of each place."""
    words = by_setting([place.setting for place in places])
    return {p: [p.setting.workload, words[p.setting], p.implementation, p.threads] for p in places}


def by_setting(settings):
    """Of each setting, beside its workload, what tells it from the others of that workload."""
    found = list(dict.fromkeys(settings))
    parts = points.labels(found)
    return {setting: " ".join(part for part in words if part and part != setting.workload)
            for setting, words in zip(found, parts)}
