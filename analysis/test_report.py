"""The report without a browser: what it claims, what it warns of, how it is built, and what it refuses to write over."""

import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from analysis import load, points, test_kills
from analysis.cli import main
from analysis.conftest import environment, failed, trial, unbelievable
from analysis.report import advice, cautions, contests, page
from analysis.report.contests import CONTENDED, OVERSUBSCRIBED, UNCONTENDED
from analysis.report.markup import Markup, h, join
from analysis.report.vector import inline

ROOT = Path(__file__).resolve().parent.parent


class Page(HTMLParser):
    """Tags in order with their attributes, whether they are closed in order, and the text of each element with an id."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.ids, self.text = [], [], [], {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "input"):
            self.open.append((tag, dict(attrs).get("id")))
        self.ids += [dict(attrs)["id"]] if "id" in dict(attrs) else []

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        for _, ident in self.open:
            if ident:
                self.text[ident] = self.text.get(ident, "") + data


def runs(rates, threads=2, blocks=10, wobble=1e-3, **changes):
    """Each implementation at its rate, in as many blocks."""
    return [trial(name, threads, rate=rate * (1 + wobble * ((block * 7 + i) % 5)), block=block, **changes)
            for i, (name, rate) in enumerate(rates.items()) for block in range(blocks)]


@pytest.fixture
def figures(written):
    def make(records):
        return points.figures(*load.read([written([environment(), *records])], pytest.fail))

    return make


@pytest.fixture
def contest(figures):
    def make(records, crowd=CONTENDED):
        (found,) = contests.of_figures(figures(records)).values()
        return found[crowd]

    return make


def paced(name, rate, latency, **changes):
    """Ten trials of each kind at a rate of its own."""
    params = {"capacity": 5, "on": "condition", "rate": rate}
    return [trial(name, kind=kind, rate=rate, latency=latency, workload="prodcons", params=params, block=block, **changes)
            for block in range(10) for kind in ("throughput", "latency")]


def test_at_a_rate_of_its_own_nobody_wins_by_the_rate(figures):
    """All who keep up do as much; what counts is how late they are."""
    found = figures([*paced("ticket/spin", 5000, {"p99": 900}), *paced("std/mutex", 5000, {"p99": 400})])
    (only,) = contests.of_figures(found).values()
    assert (only[CONTENDED].measure.name, only[CONTENDED].leader.implementation) == ("p99", "std/mutex")
    branch = next(branch for branch in advice.TREE if branch.primitive == "Condition")
    ((_, crowds),) = advice.of(branch.evidence[0], found)
    assert [one.measure.name for one in crowds] == ["p99"]


def test_a_latency_that_is_a_thousandth_is_not_called_none(report):
    page = report([*paced("count/spin", 5000, {"p99": 45}), *paced("std/mutex", 5000, {"p99": 26_000})])
    assert "0.0017\N{MULTIPLICATION SIGN} std/mutex [0.0017, 0.0017]" in page and "0.00\N{MULTIPLICATION SIGN}" not in page


@pytest.mark.parametrize("changes, words", [
    ({"saturated": True}, "saturated"), ({"latency": {"count": 50}}, "too few latencies for p99")])
def test_where_nobody_has_a_number_the_reason_stands(figures, changes, words):
    records = paced("std/mutex", 5000, changes.get("latency"), **{k: v for k, v in changes.items() if k != "latency"})
    assert list(contests.without_result(figures(records)).values()) == [words]


@pytest.fixture
def report(written, tmp_path, capsys):
    def make(records, *arguments):
        path = written([environment(), *records])
        assert main(["report", str(path), "-o", str(tmp_path / "out.html"), *map(str, arguments)]) == 0
        assert capsys.readouterr().out == f"{tmp_path / 'out.html'}\n"
        return (tmp_path / "out.html").read_text()

    return make


# Who wins ------------------------------------------------------------------------------------------------------------

def test_who_is_proven_to_be_best_wins_and_by_how_much_is_said(contest):
    found = contest(runs({"std/mutex": 1e6, "mcs/spin": 2e6, "ttas/spin": 1.5e6}))
    assert (found.outcome, found.leader.implementation, found.threads) == ("winner", "mcs/spin", 2)
    assert found.to_reference.value == pytest.approx(2, rel=0.01)
    assert found.rows[0].place.implementation == "ttas/spin" and found.rows[0].ratio == pytest.approx(4 / 3, rel=0.01)


def test_who_is_as_good_is_called_equal(contest):
    assert contest(runs({"std/mutex": 1e6, "mcs/spin": 1.001e6})).outcome == "equal"


def test_who_is_not_told_apart_is_tied(contest):
    found = contest(runs({"std/mutex": 1e6, "mcs/spin": 2e6, "ttas/spin": 2.1e6}, wobble=0.1))
    assert (found.outcome, [row.place.implementation for row in found.rivals]) == ("tie", ["mcs/spin"])
    assert contest(runs({"std/mutex": 1e6, "mcs/spin": 1.02e6, "a/b": 1.03e6}, wobble=0.1)).outcome == "nobody"


def test_three_trials_prove_nothing_however_far_apart(contest):
    found = contest(runs({"std/mutex": 1e6, "mcs/spin": 9e6}, blocks=3))
    assert (found.outcome, len(found.rivals)) == ("tie", 1)


def test_controls_and_baselines_do_not_compete(contest):
    found = contest(runs({"none": 9e9, "atomic/fetch_add": 8e9, "std/mutex": 1e6, "mcs/spin": 2e6}))
    assert set(found.points) == {"std/mutex", "mcs/spin"}


def test_what_hangs_now_and_then_wins_nothing(contest):
    found = contest([*runs({"std/mutex": 1e6, "mcs/spin": 2e6}), failed(trial("mcs/spin", block=11))])
    assert (found.leader.implementation, found.broken) == ("std/mutex", (("mcs/spin", "hang"),))


def test_crowds_are_told_by_the_processors(figures):
    records = [one for n in (1, 2, 4, 16) for one in runs({"std/mutex": 1e6, "mcs/spin": 2e6}, threads=n)]
    (found,) = contests.of_figures(figures(records)).values()
    assert {crowd: one.threads for crowd, one in found.items()} == {UNCONTENDED: 1, CONTENDED: 2, OVERSUBSCRIBED: 16}


def test_what_counts_is_latency_where_the_rate_says_nothing(contest, figures):
    fast, slow = {"p50": 100}, {"p50": 300}
    records = [trial(name, kind="latency", latency=times, block=block, workload="starting-gun")
               for name, times in (("std/condvar", slow), ("ticket/park", fast)) for block in range(10)]
    records += runs({"std/condvar": 9e6, "ticket/park": 1e6}, workload="starting-gun")
    found = contest(records)
    assert (found.measure.name, found.leader.implementation) == ("p50", "ticket/park")
    late = [one for one in records if one["kind"] == "throughput"]
    (only,) = contests.of_figures(figures([{**one, "workload": "timed-wait"} for one in late])).values()
    assert only == {}  # how many waits with a deadline pass in a second says nothing about who is good at it


def test_what_ran_on_far_processors_alone_is_not_compared(contest):
    far = {"line_ns": [90.0, 90.0]}
    found = contest(runs({"std/mutex": 1e6, "ttas/spin": 2e6}) + runs({"mcs/spin": 9e6}, fingerprint=far))
    assert (found.leader.implementation, found.apart) == ("ttas/spin", ("mcs/spin",))


def test_the_winner_pays_where_another_is_fairer_or_cheaper(contest):
    greedy = {"fairness_jain": 0.6, "cpu_ns_per_operation": 400.0}
    found = contest(runs({"mcs/spin": 1e6}) + runs({"ttas/spin": 2e6}, metrics=greedy))
    costs = [(measure.name, own, best) for measure, own, best, _ in found.costs()]
    assert costs == [("jain", 0.6, "mcs/spin"), ("cpu", 400.0, "mcs/spin")]
    assert list(contest(runs({"mcs/spin": 1e6, "ttas/spin": 2e6})).costs()) == []
    mostly = [{**one, "metrics": greedy if one["block"] < 6 else {"fairness_jain": 1.0, "cpu_ns_per_operation": 120.0}}
              for one in runs({"ttas/spin": 2e6})]
    assert list(contest(runs({"mcs/spin": 1e6}) + mostly).costs()) == []  # intervals meet


def test_who_falls_behind_at_a_rate_does_not_compete(contest):
    records = [trial(name, kind="latency", latency={"p99": p99}, block=block, params={"rate": 1e6}, saturated=name == "mcs/spin")
               for name, p99 in (("std/mutex", 900), ("mcs/spin", 100), ("ttas/spin", 500)) for block in range(10)]
    found = contest(records)
    assert (found.measure.name, found.leader.implementation, len(found.rows)) == ("p99", "ttas/spin", 1)


# What to know first --------------------------------------------------------------------------------------------------

def warned(written, records, first=None):
    trials, environments = load.read([written([first or environment(), *records])], pytest.fail)
    return [(one.level, one.words, one.more) for one in cautions.of(trials, environments, points.figures(trials, environments))]


@pytest.mark.parametrize("records, level, words", [
    ([failed(trial(), "violated")], "bad", "not synchronization: 1 trial (counter ticket/spin at 2)."),
    ([failed(trial(), "hang")], "bad", "Hung: 1 trial (counter ticket/spin at 2)."),
    ([failed(trial("none"), "violated")], "note", "of the control (none) broke the invariant, as it must"),
    ([failed(trial(), "skipped")], "note", "Skipped: 1 trial"),
    ([unbelievable(trial())], "doubt", "Doubtful, because something disturbed them: 1 trial of"),
    ([trial(fingerprint={"line_ns": [99.0, 9.0]}), trial(fingerprint={"line_ns": [9.0, 9.0]}, block=1)], "doubt",
     "Processors moved apart"),
    ([trial(threads=8)], "note", "With 8 threads there were, in some settings, more threads than processors"),
    ([trial("a/b", 1), trial("a/b"), trial("c/d")], "note", "that others of the same setting have, in 1 series."),
    ([trial(build="1"), trial(build="2")], "doubt", "These records are of 2 builds (1, 2)"),
    ([trial("std/mutex"), trial("std/mutex", copy=1, rate=2e6)], "doubt", "differs from itself by 100.0%"),
    ([trial(saturated=True)], "note", "More was due than could be done"),
    ([trial()], "doubt", "Fewer than 6 trials: 1 of 1 point."),
])
def test_warns_of_what_spoils_numbers(written, records, level, words):
    found = warned(written, records)
    assert [one for one in found if one[0] == level and words in one[1]], found
    assert found == sorted(found, key=lambda one: ["bad", "doubt", "note"].index(one[0]))


def test_warns_of_the_machine_and_of_a_debug_build(written):
    build = {"build_type": "Debug", "code": {"optimized": False, "assertions": True}}
    first = {**environment(), "warnings": ["the load was 9"], "build": build}
    found = warned(written, [trial()], first)
    assert ("doubt", "the load was 9", ()) in found
    assert "debug build (build type Debug, not optimized, with assertions)" in found[0][1]
    assert not [one for one in warned(written, runs({"std/mutex": 1e6})) if one[0] != "note"]


def test_warnings_of_several_runs_are_counted(written):
    machines = [{**environment(f"run-{i}"), "warnings": ["a virtual machine", f"the load was 1.{i}"] + ["a load"] * (i == 0)}
                for i in range(3)]
    _, environments = load.read([written([*machines, trial(environment="run-0")])], pytest.fail)
    said = [caution.words for caution in cautions._machine(environments)]
    assert said == ["a load (1 of 3 runs)", "a virtual machine (3 of 3 runs)", "the load was 1.0\N{EN DASH}1.2 (3 of 3 runs)"]


def test_reasons_that_differ_in_numbers_are_one(written):
    found = warned(written, [unbelievable(trial(block=i), f"foreign CPU {9 + i}.5 % (3 %)") for i in range(3)])
    assert [one[2] for one in found if "Doubtful" in one[1]] == [("foreign CPU 9.5\N{EN DASH}11.5 % (3 %) (3 times)",)]
    found = warned(written, [unbelievable(trial(), "a \0 of its own")])
    assert [one[2] for one in found if "Doubtful" in one[1]] == [("a \N{REPLACEMENT CHARACTER} of its own",)]


# When to use what ----------------------------------------------------------------------------------------------------

def test_every_workload_of_the_tree_is_one_of_the_catalogue():
    catalogue = "".join(path.read_text() for path in (ROOT / "workloads").glob("*.[ch]pp"))
    names = {one.workload for branch in advice.TREE for one in branch.evidence}
    assert [name for name in sorted(names) if f'"{name}"' not in catalogue] == []


def test_a_branch_has_an_answer_from_the_records_or_the_command_that_measures_it(report):
    text = Page(report(runs({"std/mutex": 1e6, "mcs/spin": 2e6}))).text
    assert "mcs/spin wins: throughput" in text["use-lock"] and "syncbench -w lock-order measures it" in text["use-lock"]
    assert "syncbench -w starting-gun measures it" in text["use-event"]


def test_the_same_job_over_each_primitive_is_in_order_of_its_latency(report):
    records = [trial("ticket/park", kind="latency", latency={"p50": p50}, block=block, workload="ping-pong", params={"on": on})
               for on, p50 in (("semaphore", 300), ("event", 200)) for block in range(6)]
    text = Page(report(records)).text["advice"]
    assert re.search(r"event.{0,80}200\.0 ns.*semaphore.{0,80}300\.0 ns", text.split("The same job")[1], re.S)


def test_a_winner_on_doubtful_trials_is_said_to_be_one(report):
    records = [unbelievable(one) for one in runs({"std/mutex": 1e6, "mcs/spin": 2e6})]
    assert "Rests on doubtful trials." in Page(report(records)).text["summary"]
    assert "Rests on" not in Page(report(runs({"std/mutex": 1e6, "mcs/spin": 2e6}))).text["summary"]


# The page ------------------------------------------------------------------------------------------------------------

def test_the_page_has_its_sections_in_order_and_is_well_formed(report):
    found = Page(report(runs({"std/mutex": 1e6, "mcs/spin": 2e6})))
    assert [attributes["id"] for tag, attributes in found.tags if tag == "section"] == [
        "warnings", "summary", "advice", "environment", "results", "figures", "kills", "conformance", "data"]
    assert found.open == [] and len(found.ids) == len(set(found.ids))
    links = [attributes["href"][1:] for tag, attributes in found.tags if tag == "a" and attributes["href"].startswith("#")]
    assert set(links) <= set(found.ids) and any(re.fullmatch(r"r\d+", link) for link in links)


def test_nothing_is_loaded_and_style_and_script_are_allowed_by_hash_alone(report):
    text = report(runs({"std/mutex": 1e6, "mcs/spin": 2e6}))
    policy = next(a["content"] for tag, a in Page(text).tags if tag == "meta" and "http-equiv" in a)
    assert policy.startswith("default-src 'none';") and "unsafe" not in policy and policy.count("'sha256-") == 2
    assert {name for _, a in Page(text).tags for name in a} & {"src", "srcset", "style", "onclick", "action"} == set()
    assert re.findall(r"(?:href|src)=\"?https?:|url\(['\"]?http|@import", text) == []


def test_the_same_records_give_the_same_bytes(report):
    records = runs({"std/mutex": 1e6, "mcs/spin": 2e6})
    assert report(records) == report(records)


def test_the_raw_data_are_linked_and_told_by_hash_and_the_command_that_made_them(report, tmp_path):
    text = report(runs({"std/mutex": 1e6}))
    assert hashlib.sha256((tmp_path / "counter.jsonl").read_bytes()).hexdigest() in text
    assert 'href="./counter.jsonl"' in text and "syncbench -w counter\n" not in text and "<pre>syncbench -w counter</pre>" in text


def test_matrices_are_shown_where_they_are_given(report, tmp_path):
    subjects = test_kills.write(tmp_path / "k.jsonl", [*test_kills.many(3), test_kills.line("lock/alive", killed=False)])
    finding = {"primitive": "mutex", "implementation": "<b>", "rule": "M1", "text": "never two", "outcome": "pass"}
    (tmp_path / "c.json").write_text(json.dumps({"schema": "syncbench-conformance/1", "profile": "strict", "findings": [
        finding, {**finding, "rule": "M2", "outcome": "fail", "reason": "two holders"}]}))
    found = Page(report(runs({"std/mutex": 1e6}), "--kills", tmp_path / "k.jsonl", "--conformance", tmp_path / "c.json"))
    assert subjects and "3 of 4 planted bugs were found. Not found: lock/alive." in found.text["kills"]
    assert "1 pass, 1 fail" in found.text["conformance"] and "mutex <b>, M2: never two. two holders" in found.text["conformance"]


def test_figures_that_have_no_room_are_named(monkeypatch, report):
    monkeypatch.setattr("analysis.report.pictures.MOST", 1)
    text = Page(report(runs({"std/mutex": 1e6, "mcs/spin": 2e6}))).text["figures"]
    assert "figures are not on this page" in text and "syncbench-analyze plot --only speed-up FILES" in text


def test_markup_escapes_what_is_not_markup():
    assert h("p", "<&'\">", h("b", "x"), [1, None], title='"<', class_="a", hidden=True, open=False) == \
        '<p title="&quot;&lt;" class="a" hidden>&lt;&amp;&#x27;&quot;&gt;<b>x</b>1</p>'
    assert isinstance(join(["<", "a"], ", "), Markup) and join(["<", "a"], ", ") == "&lt;, a"
    assert "\u202e" not in h("p", "a\u202eb")


def test_a_drawing_in_the_page_has_no_style_and_no_name_of_its_own(monkeypatch):
    svg = b"""<svg xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 2 2"
      xmlns="http://www.w3.org/2000/svg"><metadata/><defs>
      <style>*{x: y}</style><path id="m1" d="M 0.123456 1 L 2 2" style="stroke: #000"/></defs>
      <g id="unused"><g/><use xlink:href="#m1"/>
      <text style="font: 7px 'x'; text-anchor: end" transform="rotate(-0 1 2)">&lt;b&gt;</text></g></svg>"""
    monkeypatch.setattr("analysis.style.render", lambda drawing, form: svg)
    assert inline(None, "p1-", '"t"').split('stroke-linejoin="round">')[1] == (
        '<defs><path id="p1-m1" d="M0.12 1L2 2" stroke="#000"/></defs><use href="#p1-m1"/>'
        '<text font-size="7" text-anchor="end">&lt;b&gt;</text></svg>')


# What it refuses -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("content, arguments, status", [
    ("my thesis", [], 2), ("my thesis", ["--force"], 0), ("", [], 0), (page.MARKER + "old", [], 0),
    ("<!DOCTYPE html>\n<p>", [], 2)])
def test_only_a_report_is_written_over(written, tmp_path, capsys, content, arguments, status):
    (tmp_path / "out.html").write_text(content)
    assert main(["report", str(written([environment(), trial()])), "-o", str(tmp_path / "out.html"), *arguments]) == status
    assert ((tmp_path / "out.html").read_text() == content) == (status != 0)
    assert ("is no report; --force writes over it" in capsys.readouterr().err) == (status != 0)


@pytest.mark.parametrize("output", ["counter.jsonl", "link.html", "."])
def test_an_input_or_a_folder_is_never_written_over(written, tmp_path, capsys, output):
    path = written([environment(), trial()])
    (tmp_path / "link.html").symlink_to(path)
    before = path.read_bytes()
    assert main(["report", str(path), "-o", str(tmp_path / output), "--force"]) == 2
    assert path.read_bytes() == before and len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("name, content, words", [
    ("--kills", "{}", ":1: not a line of a kill matrix"), ("--conformance", "{\n!", ":2: not the output of --conformance"),
    ("--conformance", '{"schema": "x"}', "not the output of --conformance"),
    ("--conformance", "[]", "not the output of --conformance"),
    ("--kills", None, "No such file"), ("--conformance", None, "No such file")])
def test_a_bad_matrix_is_one_line_and_nothing_is_written(written, tmp_path, capsys, name, content, words):
    if content is not None:
        (tmp_path / "m").write_text(content)
    assert main(["report", str(written([environment(), trial()])), "-o", str(tmp_path / "o.html"), name,
                 str(tmp_path / "m")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line and not (tmp_path / "o.html").exists()


def test_the_page_stands_beside_the_first_file_if_nothing_else_is_said(written, capsys):
    path = written([environment(), trial()], "x.jsonl")
    assert main(["report", str(path)]) == 0
    assert capsys.readouterr().out == f"{path.with_name('x-report.html')}\n"
