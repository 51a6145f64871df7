"""The result table: one row a point with all that was measured, to be sorted and filtered.

Its columns are those of `syncbench-analyze table`. Numbers carry their full value for the sorting; what the script adds
(filters, order) only rearranges what is there without it.
"""

from dataclasses import replace

from analysis import summary, tables
from analysis.report.markup import h, plural, scrolling

VERDICT, MARKS = "verdict", "marks"
CLASSES = {"ok": "good", "violated": "bad", "hang": "bad", "skipped": "doubt"}


def row_ids(lines):
    """By place, the id of its row."""
    return {line.place: f"r{i}" for i, line in enumerate(lines, 1)}


def section(lines):
    table = tables.folded(replace(summary.table(lines), foldable=("setting", MARKS)))
    ids = [f"r{i}" for i in range(1, len(lines) + 1)]
    rows = [_row(table.columns, row, ident) for row, ident in zip(table.rows, ids)]
    head = [h("th", h("button", column.name, type="button"), scope="col", aria_sort="none",
              class_="number" if column.is_number else None) for column in table.columns]
    return [_controls(table), scrolling("Results", h("table", h("thead", h("tr", head)), h("tbody", rows), id="table")),
            *(h("p", note, class_="note") for note in table.notes)]


def _controls(table):
    """Hidden until the script is there that they need."""
    names = [column.name for column in table.columns]
    return h("form",
             h("label", "Find ", h("input", type="search", id="find", placeholder="words of a row", autocomplete="off")),
             h("label", "Workload ", _choice("workload", table, names)), h("label", "Verdict ", _choice(VERDICT, table, names)),
             h("button", "Show all", type="button", id="clear"),
             h("output", plural(len(table.rows), "row"), id="shown", aria_live="polite"),
             id="filters", hidden=True)


def _choice(name, table, names):
    """The values of a column, in order."""
    column = names.index(name)
    values = sorted({str(row[column]) for row in table.rows})
    return h("select", h("option", "all", value=""), [h("option", value, value=f"={value}") for value in values],
             id=f"only-{name}", data_column=column)


def _row(columns, row, ident):
    return h("tr", [_cell(column, value) for column, value in zip(columns, row)], id=ident)


def _cell(column, value):
    if value is None:
        return h("td")
    shown = column.show(value)
    if column.is_number:
        return h("td", shown, class_="n", data_v=repr(value))
    if column.name == VERDICT:
        return h("td", h("span", shown, class_=f"verdict {CLASSES.get(value, 'bad')}"))
    if column.name == MARKS and value:
        return h("td", h("span", shown, class_="doubt"))
    return h("td", shown)
