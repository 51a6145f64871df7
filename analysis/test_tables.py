"""Tables in five forms, and what hostile names can do in them: nothing."""

import csv
import io
import json

import pytest

from analysis import tables
from analysis.tables import Column, Table, as_number, as_ratio

HOSTILE = ["<script>alert(1)</script>", r"\input{/etc/passwd}", "../..", "a|b", "$x_1$", "%", "=cmd()", "\x1b[2J", "\u202eevil", "a\nb", "{~^&#}", "`x`"]


def table(*names):
    return Table([Column("name"), Column("rate", as_number), Column("x", as_ratio)], [[name, 12345.678, None] for name in names], ["A note."])


@pytest.mark.parametrize("value, text", [
    (0, "0"), (1, "1.000"), (999.96, "1.000 k"), (12345.678, "12.35 k"), (4.5e6, "4.500 M"), (0.00123, "1.230 m"), (1e15, "1000 T"),
    (-2500, "-2.500 k"), (1e-12, "0.001000 n")])
def test_numbers_have_four_digits_and_a_prefix(value, text):
    assert as_number(value) == text


def test_the_console_lines_up_numbers_at_the_right(capsys):
    lines = tables.render(table("a", "long/name"), "console").splitlines()
    assert lines == ["name          rate  x", "a          12.35 k  -", "long/name  12.35 k  -", "", "A note."]


def test_markdown_has_a_rule_and_aligned_numbers():
    assert tables.render(table("a"), "markdown").splitlines() == [
        "| name | rate | x |", "| --- | ---: | ---: |", "| a | 12.35 k |  |", "", "A note."]


def test_json_and_csv_have_all_digits():
    assert json.loads(tables.render(table("a"), "json")) == {"rows": [{"name": "a", "rate": 12345.678}], "notes": ["A note."]}
    assert list(csv.reader(io.StringIO(tables.render(table("a"), "csv")))) == [["name", "rate", "x"], ["a", "12345.678", ""]]


def test_latex_has_booktabs_rules_and_number_columns():
    text = tables.render(table("a"), "latex")
    assert r"\begin{tabular}{lS[table-format=2.1]S[table-format=1.0]}" in text
    assert "{name} & {rate} & {x} \\\\\n & {$10^{3}$} &  \\\\\n\\midrule\na & 12.3 & {--} \\\\\n" in text
    assert [text.count(rule) for rule in (r"\toprule", r"\midrule", r"\bottomrule")] == [1, 1, 1]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("form", tables.FORMS)
def test_a_hostile_name_stays_in_its_cell(form, name):
    text = tables.render(table(name, "after"), form)
    plain = tables.render(table("x", "after"), form)
    assert text.count("\n") == plain.count("\n")
    assert not any(c in text for c in "\x1b\u202e")


@pytest.mark.parametrize("name", HOSTILE)
def test_no_command_gets_through_to_latex_markdown_or_a_spreadsheet(name):
    cell = tables.latex(name)
    for safe in sorted(set(tables._LATEX.values()), key=len, reverse=True):
        cell = cell.replace(safe, "")
    assert not set(cell) & set("\\{}$&#_%~^<>|")
    assert "<" not in tables.markdown(name)
    assert list(csv.reader(io.StringIO(tables.render(table(name), "csv"))))[1][0][:1] not in set("=+-@")


def test_columns_that_say_the_same_everywhere_become_a_note_for_people():
    def fold(*names, foldable=("name", "rate")):
        plain = table(*names)
        return tables.folded(Table(plain.columns, plain.rows, plain.notes, foldable))

    both = fold("a", "a")
    assert ([column.name for column in both.columns], both.rows) == (["x"], [[None], [None]])
    assert both.notes[-1] == "Everywhere: name a, rate 12.35 k."
    assert [column.name for column in fold("a", "b").columns] == ["name", "x"]
    assert len(fold().columns) == 3


def test_programs_get_every_column():
    plain = Table([Column("name")], [["a"]], foldable=("name",))
    assert tables.render(plain, "csv") == "name\na\n"
    assert json.loads(tables.render(plain, "json"))["rows"] == [{"name": "a"}]


def test_a_table_without_rows_has_no_heading_for_people():
    assert tables.render(table(), "console") == "A note.\n"
    assert tables.render(table(), "csv") == "name,rate,x\n"


def test_no_row_of_latex_begins_with_what_would_be_an_option_of_the_row_above():
    for name in ("[9cm]", "*"):
        assert f"\n{name[0]}" not in tables.render(table(name), "latex")


def test_numbers_too_far_apart_for_one_power_of_ten_have_a_prefix_each():
    values = [2e9, 3e7, 50, 0]
    lines = tables.render(Table([Column("x", tables.as_number)], [[value] for value in values]), "latex").splitlines()
    assert lines[1] == r"\begin{tabular}{r}"
    assert [line.split()[0] for line in lines[5:-2]] == [r"2.000\,G", r"30.00\,M", "50.00", "0"]


def test_a_small_ratio_is_not_zero():
    assert [tables.as_ratio(value) for value in (0, 0.00021, 0.05, 0.5, 12)] == ["0.000", "0.00021", "0.05", "0.500", "12.000"]
