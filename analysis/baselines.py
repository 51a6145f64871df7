"""What the curves of a figure are to be held against: the empty lock, and the line of ideal scaling.

Both are there where a run measured them (`syncbench --baselines`): the control, which does not synchronize, has nobody to
keep out on one thread and is then the loop around a lock that does nothing.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Guide:
    """A line that is not a measurement at each of its thread counts."""

    label: str
    threads: tuple
    values: tuple
    dash: tuple


EMPTY = (0, (1, 1.5))
IDEAL = (0, (7, 3))


def are_in(figure, drawn):
    return bool(_empty(figure, drawn))


def split(figure, drawn):
    """The curves to draw as such, and the guides. For a logarithmic axis: none of them is a zero."""
    empty = _empty(figure, drawn)
    if not empty:
        return drawn, []
    guides = [_level(figure, name, estimate) for name, estimate in empty.items()]
    guides += [_ideal(figure, c.implementation, alone) for c in drawn
               if _is(figure, c, "reference") and (alone := _alone(c))]
    curves = [_without_one_thread(c) if c.implementation in empty else c for c in drawn]
    return [c for c in curves if c.estimates or c.gaps], guides


def sentences(guides):
    """For the caption."""
    return [_MEANING[guide.dash] for guide in guides]


_MEANING = {
    EMPTY: "Empty lock: the same loop on one thread around a lock that does nothing.",
    IDEAL: "Ideal: one thread's rate, as many times as there are threads with a processor of their own.",
}


def _empty(figure, drawn):
    return {c.implementation: alone for c in drawn
            if _is(figure, c, "control") and (alone := _alone(c)) and alone.median > 0}


def _is(figure, curve, standing):
    trials = [t for point in figure.series[curve.implementation] for t in (*point.trials, *point.failed)]
    return any(t.standing == standing for t in trials)


def _alone(curve):
    return next((e for e in curve.estimates if e.at == 1), None)


def _without_one_thread(curve):
    return replace(curve, estimates=tuple(e for e in curve.estimates if e.at > 1))


def _level(figure, name, estimate):
    ends = (figure.threads[0], figure.threads[-1])
    return Guide(f"{name}: empty lock", ends, (estimate.median, estimate.median), EMPTY)


def _ideal(figure, name, estimate):
    """Straight up to the processors, level beyond: more threads than that take turns."""
    last = figure.threads[-1]
    most = min(figure.capacity or last, last)
    threads = tuple(sorted({1, most, last, *(n for n in figure.threads if n < most)}))
    values = tuple(min(n, most) * estimate.median for n in threads)
    return Guide(f"ideal: n \N{MULTIPLICATION SIGN} {name} alone", threads, values, IDEAL)
