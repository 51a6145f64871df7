"""One table, five ways to write it: console, Markdown, JSON, CSV, LaTeX.

A table is columns and rows of plain values; how a value looks is its column's business, and what must be escaped is that
of the form it is written in. Names come from files that anybody may have written: none of them can end a cell, start a
command, or reach the terminal as a control character.
"""

import csv
import io
import json
import math
from dataclasses import dataclass, field
from typing import Callable


WIDEST = 60  # characters of a cell on the console


def as_text(value):
    return str(value)


def as_number(value):
    """Four significant digits, thousands and thousandths by a prefix."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    power = min(max(math.floor(math.log10(abs(value)) / 3), -3), 4)
    scaled = value / 1000**power
    if abs(float(f"{scaled:.4g}")) >= 1000 and power < 4:
        scaled, power = scaled / 1000, power + 1
    return f"{scaled:#.4g}".rstrip(".") + {-3: " n", -2: " u", -1: " m", 0: "", 1: " k", 2: " M", 3: " G", 4: " T"}[power]


def as_count(value):
    return f"{value:d}"


def as_percentage(value):
    return f"{100 * value:.1f} %"


def as_ratio(value):
    return f"{value:.3f}" if value >= 0.1 or value == 0 else f"{value:.3g}"


def as_p(value):
    return f"{value:.2g}" if value >= 1e-4 else "<0.0001"


@dataclass(frozen=True)
class Column:
    name: str  # the heading, and the key in JSON
    show: Callable = as_text  # of a value that is there

    @property
    def is_number(self):
        return self.show is not as_text


@dataclass(frozen=True)
class Table:
    columns: list
    rows: list  # lists of values, None where there is none
    notes: list = field(default_factory=list)  # sentences below it
    foldable: tuple = ()  # columns that people do not need to read where every row says the same


def render(table, form):
    """The whole text, with a newline at its end."""
    if form in _FOR_PEOPLE:
        return _FOR_PEOPLE[form](folded(table))
    return _FOR_PROGRAMS[form](table)


def selected(table, names):
    """The same table with these columns alone, in this order. Raises KeyError with a name that is no column's."""
    places = {column.name: i for i, column in enumerate(table.columns)}
    chosen = [places[name] for name in names]
    return Table([table.columns[i] for i in chosen], [[row[i] for i in chosen] for row in table.rows], table.notes,
                 table.foldable)


def folded(table):
    """The same table without the foldable columns that say the same in every row; a note says it instead."""
    constant = [i for i, column in enumerate(table.columns)
                if column.name in table.foldable and table.rows and len({str(row[i]) for row in table.rows}) == 1]
    kept = [i for i in range(len(table.columns)) if i not in constant]
    words = ", ".join(f"{table.columns[i].name} {table.columns[i].show(value)}" for i in constant
                      if (value := table.rows[0][i]) not in (None, ""))
    return Table([table.columns[i] for i in kept], [[row[i] for i in kept] for row in table.rows],
                 [*table.notes, *([f"Everywhere: {words}."] if words else [])])


def _console(table):
    cells = [[column.name for column in table.columns], *_shown(table, _narrow, "-")]
    widths = [max(len(row[i]) for row in cells) for i in range(len(table.columns))]
    lines = ["  ".join(text.rjust(width) if column.is_number else text.ljust(width)
                       for text, width, column in zip(row, widths, table.columns)).rstrip() for row in cells]
    blank = [""] if table.notes else []
    return "\n".join([*(lines + blank if table.rows else ()), *map(printable, table.notes)]) + "\n"


def _narrow(text):
    """Names differ at their ends; a name of hundreds of characters must not push the numbers off the screen."""
    text = printable(text)
    return text if len(text) <= WIDEST else f"{text[:WIDEST // 2]}\N{HORIZONTAL ELLIPSIS}{text[-WIDEST // 2:]}"


def _markdown(table):
    lines = ["| " + " | ".join(column.name for column in table.columns) + " |",
             "|" + "|".join(" ---: " if column.is_number else " --- " for column in table.columns) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in _shown(table, markdown, "")]
    return "\n".join([*lines, *(line for note in table.notes for line in ("", markdown(note)))]) + "\n"


def _csv(table):
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow([column.name for column in table.columns])
    writer.writerows([["" if value is None else _cell(value) for value in row] for row in table.rows])
    return sink.getvalue()


def _cell(value):
    """A spreadsheet must not take a name for a formula."""
    text = printable(value) if isinstance(value, str) else value
    return f"'{text}" if isinstance(text, str) and text[:1] in tuple("=+-@") else text


def _json(table):
    rows = [{column.name: value for column, value in zip(table.columns, row) if value is not None} for row in table.rows]
    return json.dumps({"rows": rows, "notes": table.notes}, indent=1, allow_nan=False) + "\n"


def _latex(table):
    """booktabs rules, and siunitx columns for numbers: the two packages that a document has to load."""
    columns = [_latex_column(column, [row[i] for row in table.rows]) for i, column in enumerate(table.columns)]
    kinds, heads, scales, cells = zip(*columns)
    above = [heads, scales] if any(scales) else [heads]
    lines = [r"% needs \usepackage{booktabs,siunitx}", rf"\begin{{tabular}}{{{''.join(kinds)}}}", r"\toprule",
             *(_latex_row(f"{{{word}}}" if word else "" for word in row) for row in above), r"\midrule",
             *map(_latex_row, zip(*cells)), r"\bottomrule", r"\end{tabular}",
             *(rf"\par{{\footnotesize {latex(note)}\par}}" for note in table.notes)]
    return "\n".join(lines) + "\n"


def _latex_row(cells):
    return " & ".join(cells) + r" \\"


FAR_APART = 1e4  # largest over smallest of a column, from which on no single power of ten suits all of it


def _latex_column(column, values):
    """Kind, heading, power of ten below it, and cells. Numbers of one column share a power; where they are too far apart for
    one, each has a prefix of its own."""
    head = latex(column.name)
    if not column.is_number:
        return "l", head, "", ["--" if v is None else latex(column.show(v)) for v in values]
    sizes = [abs(v) for v in values if v]
    if column.show is not as_number:
        power, cells = 0, [column.show(v) for v in values if v is not None]
    elif sizes and max(sizes) > FAR_APART * min(sizes):
        return "r", head, "", ["--" if v is None else latex(as_number(v)).replace(" ", r"\,") for v in values]
    else:
        power = 3 * math.floor(math.log10(max(sizes)) / 3) if sizes else 0
        decimals = min(max(2 - math.floor(math.log10(min(sizes) / 10**power)), 0), 4) if sizes else 0
        cells = [f"{v / 10**power:.{decimals}f}" for v in values if v is not None]
    shown = iter([cell if _is_plain(cell) else f"{{{latex(cell)}}}" for cell in cells])
    return _aligned(cells), head, rf"$10^{{{power}}}$" if power else "", ["{--}" if v is None else next(shown) for v in values]


def _aligned(cells):
    """A column that is no wider than its numbers."""
    parts = [cell.partition(".") for cell in cells if _is_plain(cell)]
    whole, decimals = (max((len(part[i]) for part in parts), default=1 - i // 2) for i in (0, 2))
    return f"S[table-format={whole}.{decimals}]"


def _is_plain(cell):
    return cell.replace(".", "", 1).isdigit()


def _shown(table, escape, nothing):
    return [[nothing if value is None else escape(column.show(value)) for column, value in zip(table.columns, row)]
            for row in table.rows]


_FOR_PEOPLE = {"console": _console, "markdown": _markdown, "latex": _latex}
_FOR_PROGRAMS = {"json": _json, "csv": _csv}
FORMS = (*_FOR_PEOPLE, *_FOR_PROGRAMS)


# Escapes ---------------------------------------------------------------------------------------------------------------

def printable(text):
    """Without anything that moves a cursor, starts a line or turns the direction of writing."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text))


def markdown(text):
    escaped = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join("\\" + c if c in r"\`*_[]|~#$" else c for c in escaped)


_LATEX = {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
          "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
          "|": r"\textbar{}", '"': r"\char34{}", "'": r"\textquotesingle{}", "`": r"\textasciigrave{}", "-": "{-}",
          "[": "{[}", "]": "{]}", "*": "{*}"}  # after the end of a row these three would be its options


def latex(text):
    """What no font of a plain document has becomes a question mark."""
    return "".join(_LATEX.get(c, c if c < "\u0100" else "?") for c in printable(text))
