"""What differences mean nothing: the reference measured twice, close in time, ought to differ from itself by nothing."""

from collections import defaultdict
from dataclasses import dataclass
from statistics import mean, stdev

from analysis import stats


@dataclass(frozen=True)
class Twice:
    """A point measured twice in each block."""

    first: object
    again: object
    ratios: tuple  # second over first, by block

    def spread(self, value_of):
        """Coefficient of variation of single trials, over all blocks: what one trial may be off by."""
        values = [value for point in (self.first, self.again) for t in point.trials if (value := value_of(t)) is not None]
        return stdev(values) / mean(values) if len(values) > 1 and mean(values) > 0 else None


def pairs(figure, value_of):
    """Every point of the figure that was measured twice. Near is not compared with far."""
    first = {(p.implementation, p.threads): p for p in figure.points if p.copy == 0}
    found = []
    for again in figure.points:
        before = first.get((again.implementation, again.threads))
        if again.copy == 0 or before is None or again.only_far != before.only_far:
            continue
        ratios = stats.block_ratios(by_block(again, value_of), by_block(before, value_of))
        if ratios:
            found.append(Twice(before, again, tuple(ratios)))
    return found


def by_block(point, value_of):
    """The values of a point by block, where a ratio to what else ran in that block means something."""
    blocks = defaultdict(list)
    for t in point.trials:
        if (value := value_of(t)) is not None:
            blocks[t.environment, t.block].append(value)
    return blocks
