"""The page as a whole: what a study is, the order of the sections, and the policy that keeps it from asking anybody anything.

Style and script stand in the page and are allowed by their hashes; nothing else may run or load, whatever a record says.
"""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from analysis.report import advice, cautions, contests, machine, matrices, pictures, results, sources, summary_section
from analysis.report.markup import Markup, h, plural

MARKER = "<!DOCTYPE html>\n<!-- syncbench-report/1 -->\n"  # how a file shows that it may be written over
HERE = Path(__file__).resolve().parent
MOST_NAMES = 6


@dataclass(frozen=True)
class Study:
    """All that a report is made of."""

    trials: list
    environments: dict
    figures: list  # of points
    lines: list  # of the summary
    pictures: list
    drawings: list  # one for each picture
    sources: list
    commands: list  # that measured
    options: str = ""  # that this report was asked for with
    kills: list | None = None
    conformance: object = None


def page(study):
    """The whole text. The same study gives the same text."""
    style, script = ((HERE / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    title = _title(study)
    head = h("head", h("meta", charset="utf-8"), h("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
             h("meta", name_="viewport", content="width=device-width, initial-scale=1"),
             h("title", title), h("link", rel="icon", href="data:,"), h("style", Markup(style)))
    found = _sections(study)
    body = h("body", _header(study, title, found), h("main", [_framed(*one) for one in found]), h("script", Markup(script)))
    return Markup(f"{MARKER}{h('html', head, body, lang='en')}\n")


def _policy(style, script):
    def allowed(text):
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return (f"default-src 'none'; script-src {allowed(script)}; style-src {allowed(style)}; img-src data:; base-uri 'none'; "
            "form-action 'none'")


def _sections(study):
    """Pairs of id and heading with what stands there."""
    rows = results.row_ids(study.lines)
    used = {t.environment: study.environments[t.environment] for t in study.trials}
    return [
        ("warnings", "Before you believe it", _cautions(study)),
        ("summary", "Who wins where",
         summary_section.section(contests.of_figures(study.figures), contests.without_result(study.figures), rows)),
        ("advice", "When to use which primitive", advice.section(study.figures, rows)),
        ("environment", "The system under test", machine.section(used)),
        ("results", "All results", results.section(study.lines)),
        ("figures", "Figures", pictures.section(study.pictures, study.drawings)),
        ("kills", "Planted bugs that were found", matrices.kills_section(study.kills)),
        ("conformance", "Promises that are kept", matrices.conformance_section(study.conformance)),
        ("data", "Raw data", sources.section(study.sources, study.commands, study.options)),
    ]


def _framed(ident, heading, content):
    return h("section", h("h2", heading), content, id=ident, aria_label=heading)


def _title(study):
    hosts = _some(study.environments[t.environment].host for t in study.trials)
    return f"syncbench: {_some(t.workload for t in study.trials)} on {hosts}"


def _header(study, title, found):
    trials = study.trials
    dates = sorted({t.started_at for t in trials if t.started_at})
    implementations, workloads = (len(set(names)) for names in zip(*((t.implementation, t.workload) for t in trials)))
    facts = [("run", _some(t.run for t in trials)), ("revision", _some(t.build for t in trials)),
             ("machine", _some((_machine(study.environments[t.environment]) for t in trials), "; ")),
             ("measured", " to ".join(dict.fromkeys((dates[0], dates[-1]))) if dates else "unknown"),
             ("records", f"{plural(len(trials), 'trial')} of {plural(implementations, 'implementation')} in "
                         f"{plural(workloads, 'workload')}")]
    return h("header", h("button", "Light or dark", type="button", id="theme", hidden=True), h("h1", title),
             h("dl", [h("div", h("dt", name), h("dd", value)) for name, value in facts], class_="run"),
             h("nav", [h("a", heading, href=f"#{ident}") for ident, heading, _ in found], aria_label="Sections"))


def _machine(environment):
    """Shorter than what tells machines apart: the rest stands in its section."""
    cpu = environment.facts.get("host", {}).get("cpu")
    return ", ".join([environment.host, *([str(cpu)] if cpu else []), *([f"{environment.pus} PUs"] if environment.pus else [])])


def _cautions(study):
    found = cautions.of(study.trials, study.environments, study.figures)
    if not found:
        return [h("p", "Nothing: every trial is valid, on a machine without a warning.", class_="good")]
    return [h("ul", [h("li", h("b", cautions.LEVELS[one.level], class_=f"level {one.level}"), " ", one.words, _more(one.more))
                     for one in found], class_="cautions")]


def _more(words):
    if not words:
        return None
    return h("details", h("summary", f"{len(words)} in detail"), h("ul", [h("li", word) for word in words]))


def _some(values, between=", "):
    names = list(dict.fromkeys(values))
    more = len(names) - MOST_NAMES
    return between.join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
