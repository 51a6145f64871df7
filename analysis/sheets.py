"""What a plot is made from and what it makes: groups of settings in, sheets out.

Most plots show one setting; some lay a parameter or the placement along an axis and need all settings that differ in
nothing else. `groups` puts these together. A `Sheet` is a picture that is ready to be drawn: its caption, and a function
that draws it in a width.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Callable

from analysis import points


@dataclass(frozen=True)
class Sheet:
    sentences: list
    draw: Callable  # width, a name in style.WIDTHS -> matplotlib figure; call it inside style.applied()


@dataclass(frozen=True)
class Group:
    """Figures whose settings differ in nothing but the axes of a plot."""

    setting: points.Setting  # what they have in common; what is an axis is not in it
    figures: tuple
    baseline: str | None = None  # what ratios are to, if somebody asked for one

    @property
    def figure(self):
        """The only one, for a plot that has no axes in the setting."""
        (only,) = self.figures
        return only

    @cached_property
    def series(self):
        """Points of all figures by implementation."""
        series = defaultdict(list)
        for figure in self.figures:
            for name, found in figure.series.items():
                series[name] += found
        return dict(sorted(series.items()))

    @property
    def trials(self):
        return (t for found in self.series.values() for p in found for t in (*p.trials, *p.failed))

    @cached_property
    def reference(self):
        """What ratios are to: the baseline asked for, else the implementation whose trials say that it is the reference."""
        if self.baseline is not None:
            return self.baseline if self.baseline in self.series else None
        found = {name: sum(1 for p in series if p.trials) for name, series in self.series.items()
                 if any(t.standing == "reference" for p in series for t in (*p.trials, *p.failed))}
        return min(found, key=lambda name: (-found[name], name), default=None)

    @cached_property
    def threads(self):
        return sorted({n for figure in self.figures for n in figure.threads})

    @cached_property
    def crowds(self):
        """The thread counts that tell most, where there is no room for all: the largest at which every thread has a
        processor, and the largest."""
        return sorted({*self._within[-1:], self.threads[-1]})

    @property
    def _within(self):
        return sorted({n for figure in self.figures for n in figure.threads if n not in figure.oversubscribed})

    def crowd(self, threads):
        """How a thread count is called in a heading."""
        words = f"{threads} {'thread' if threads == 1 else 'threads'}"
        return words if threads in self._within else f"{words}, oversubscribed"

    def at(self, *threads):
        """The same group with the points of these thread counts alone."""
        figures = (replace(figure, points=tuple(p for p in figure.points if p.threads in threads)) for figure in self.figures)
        return replace(self, figures=tuple(figure for figure in figures if figure.points))


def groups(figures, axes=(), baseline=None):
    """The figures in groups, in a stable order. `axes`: names of parameters, or "policy" for the placement."""
    found = defaultdict(list)
    for figure in figures:
        found[_without(figure.setting, axes)].append(figure)
    return [Group(setting, tuple(found[setting]), baseline) for setting in sorted(found, key=repr)]


def is_paced(figure):
    """Whether operations came at a rate of their own: all who keep up are then equally fast, which is no merit."""
    rate = parameter(figure, "rate")
    return type(rate) in (int, float) and rate > 0


def parameter(figure, name):
    """The value of a parameter that is an axis; None where the workload has none of this name."""
    return dict(figure.setting.params).get(name)


def _without(setting, axes):
    params = tuple((name, value) for name, value in setting.params if name not in axes)
    return replace(setting, params=params, policy="" if "policy" in axes else setting.policy)
