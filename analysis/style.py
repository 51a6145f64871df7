"""How every figure looks: fonts, sizes, and one colour, marker and dash per implementation, the same in every figure.

An implementation is named algorithm/wait. The algorithm chooses colour and marker, the wait chooses the dash and how
far the marker is filled, so a reader who knows one figure can read the next, in colour or in grey. The maps below are
preferences that keep common names far apart; a name that is not in them gets a slot computed from the name alone, never
from the company it is in, so it looks the same everywhere too.
"""

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from zlib import crc32

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font

from analysis.tables import printable

WIDTHS = {"one": 3.33, "two": 7.0}  # inches: a column, and the two columns of a page
FORMATS = ("pdf", "svg", "png")
LONGEST = 32  # characters of a name in a legend
BESIDE = {"one": 25, "two": 32}  # and beside a row
SMALL = 6.5  # points: what explains a figure; what is read from it has 8

RC = {
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same figure on every machine
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "0.9",
    "grid.linewidth": 0.5,
    "legend.fontsize": 7,
    "lines.linewidth": 1.2,
    "lines.markersize": 4.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "pdf.fonttype": 42,  # Type 3 fonts are refused by many publishers
    "ps.fonttype": 42,
    "savefig.dpi": 200,
    "svg.hashsalt": "syncbench",
    "text.parse_math": False,  # a name is a name, with however many dollar signs
}

# Okabe and Ito's colours without yellow, which a white page swallows.
BLACK, ORANGE, SKY, GREEN, BLUE, VERMILION, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7")
COLOURS = (ORANGE, SKY, GREEN, BLUE, VERMILION, PURPLE)

ALGORITHMS = {
    "ttas": (VERMILION, "^"),
    "ticket": (BLUE, "o"),
    "mcs": (GREEN, "s"),
    "clh": (PURPLE, "D"),
    "tristate": (ORANGE, "v"),
    "monitor": (SKY, "P"),
    "std": (BLACK, "o"),
    "posix": (BLACK, "s"),
    "tbb": (BLACK, "D"),
    "cohort": (SKY, "p"),
    "atomic": (PURPLE, "p"),
    "none": ("#777777", "*"),
    # Whole families, where a workload takes several primitives of one: as the mutexes that stand for them.
    "spin": (VERMILION, "^"),
    "futex": (ORANGE, "v"),
    "condvar": (SKY, "P"),
}
OTHER_MARKERS = ("<", ">", "h", "d", "8", "H")

WAITS = {  # as far as they go around one algorithm, no two with one fill: in a cell or at a place there is no dash to see
    "spin": ("-", "full"),
    "pause": ((0, (1, 1)), "top"),
    "backoff": ((0, (5, 1.5, 1, 1.5)), "bottom"),
    "yield": ((0, (3, 1.5)), "right"),
    "proportional": ((0, (2, 1)), "full"),
    "park": ((0, (6, 2)), "none"),
    "spin-park": ((0, (6, 1.5, 1, 1.5, 1, 1.5)), "left"),
    "backoff-park": ((0, (4, 1, 2, 1)), "full"),
    "yield-park": ((0, (3, 1, 3, 1, 1, 1)), "full"),
    "condvar": ((0, (1, 2)), "none"),
    "any": ((0, (4, 1)), "full"),
    "mutex": ("-", "none"),
    "timed_mutex": ((0, (2, 2)), "left"),
    "": ("-", "full"),
    # Of libraries, whose names are not those of waits.
    "adaptive": ((0, (4, 1)), "full"),
    "errorcheck": ((0, (2, 1)), "top"),
    "prio_inherit": ((0, (4, 1, 2, 1)), "bottom"),
    "robust": ((0, (1, 1.5)), "right"),
    "spinlock": ((0, (5, 2)), "left"),
    "atomic_wait": ((0, (4, 1)), "left"),
    "latch": ((0, (2, 1)), "full"),
    "fas": ((0, (5, 2)), "full"),
    "ticket": ((0, (4, 1)), "left"),
    "ticket_pb": ((0, (2, 1)), "right"),
    "mcs": ((0, (1, 1.5)), "none"),
    "clh": ((0, (4, 1, 2, 1)), "top"),
    "anderson": ((0, (5, 2)), "bottom"),
    "centralized": ("-", "full"),
    "combining": ((0, (4, 1)), "left"),
    "dissemination": ((0, (2, 1)), "right"),
    "tournament": ((0, (4, 1, 2, 1)), "top"),
}
OTHER_DASHES = ("-", (0, (4, 1)), (0, (2, 1)), (0, (4, 1, 2, 1)), (0, (1, 1.5)), (0, (5, 2)))
OTHER_FILLS = ("full", "none", "top", "right", "left", "bottom")


@dataclass(frozen=True)
class Look:
    colour: str
    marker: str
    dash: object
    fill: str

    @property
    def line(self):
        """Arguments of `Axes.plot`. An empty marker is white, not transparent, so that the line does not cross it."""
        filled = self.fill != "none"
        return {"color": self.colour, "marker": self.marker, "linestyle": self.dash,
                "fillstyle": self.fill if filled else "full", "markerfacecolor": self.colour if filled else "white",
                "markerfacecoloralt": "white", "markeredgewidth": 0.8}


def look_of(implementation):
    algorithm, _, wait = implementation.partition("/")
    slot = crc32(algorithm.encode())
    colour, marker = ALGORITHMS.get(algorithm) or (
        COLOURS[slot % len(COLOURS)], OTHER_MARKERS[slot // len(COLOURS) % len(OTHER_MARKERS)])
    slot = crc32(wait.encode())
    dash, fill = WAITS.get(wait) or (
        OTHER_DASHES[slot % len(OTHER_DASHES)], OTHER_FILLS[slot // len(OTHER_DASHES) % len(OTHER_FILLS)])
    return Look(colour, marker, dash, fill)


def label(text):
    """A text from a record as it is drawn: without control characters, and with a mark for what the font does not have."""
    return "".join(c if _drawable(c) else "\N{REPLACEMENT CHARACTER}" for c in printable(text))


def short(text, most=LONGEST):
    """The same, with its middle left out where it is long: names differ at their ends."""
    text = label(text)
    head = (most - 1) // 2
    return text if len(text) <= most else f"{text[:head]}\N{HORIZONTAL ELLIPSIS}{text[len(text) - (most - 1 - head):]}"


@lru_cache(maxsize=None)
def _drawable(character):
    return get_font(findfont(RC["font.family"])).get_char_index(ord(character)) != 0


def guide(dash):
    """Arguments of `Axes.plot` for a line to compare with: grey and without markers, for nothing was measured along it."""
    return {"color": "0.35", "linestyle": dash, "linewidth": 0.9}


def applied():
    """A context in which figures are made and rendered: our style alone, whatever the user's matplotlibrc says."""
    return matplotlib.rc_context({**matplotlib.rcParamsDefault.copy(), **RC, "backend": "agg"})


def new_figure(width):
    figure = Figure(figsize=(WIDTHS[width], 2.5))
    FigureCanvasAgg(figure)
    return figure


def render(figure, form):
    """The bytes of a figure, the same on every run: no dates, no random names."""
    undated = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {}}
    sink = BytesIO()
    figure.savefig(sink, format=form, metadata=undated[form])
    return sink.getvalue()
