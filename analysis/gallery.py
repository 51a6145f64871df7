"""All pictures that can be drawn of some trials. `plot` writes them to files and a report puts them on its page.

A picture is cheap until its caption or its drawing is asked for.
"""

from dataclasses import dataclass
from functools import cached_property
from types import ModuleType

from analysis import points, sheets
from analysis.plots import PLOTS


@dataclass(frozen=True)
class Picture:
    plot: str  # name of the plot, as in file names
    heading: str  # the plot in words
    words: tuple  # what tells this picture from the others of its plot, and from nothing if there is one; from records: escape it
    module: ModuleType
    group: sheets.Group

    @cached_property
    def _sheet(self):
        return self.module.compose(self.group)

    @property
    def caption(self):
        """Sentences that stand under the picture too. They hold names from records: escape them."""
        return list(self._sheet.sentences)

    def draw(self, width="one"):
        """A matplotlib figure. Call it, and render it, inside `style.applied()`."""
        return self._sheet.draw(width)


def pictures(trials, environments, only=None, baseline=None):
    """Every picture worth drawing, plot by plot, in a stable order. `only`: names of plots. `baseline`: the implementation
    that ratios are to, where it is not the one that the records call the reference."""
    figures = points.figures(trials, environments)
    for plot in PLOTS:
        if only is not None and plot.NAME not in only:
            continue
        of_kind = [figure for figure in figures if figure.setting.kind == plot.KIND]
        groups = [group for group in sheets.groups(of_kind, plot.AXES, baseline) if plot.worth(group)]
        for group, label in zip(groups, points.labels([group.setting for group in groups])):
            yield Picture(plot.NAME, plot.HEADING, tuple(word for word in label if word), plot, group)
