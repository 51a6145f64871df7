"""Which planted bugs are found (the kill matrix), and which promises are kept (the conformance matrix)."""

from analysis import conformance, style
from analysis.plots import kill_matrix
from analysis.report import vector
from analysis.report.markup import h, plural, scrolling

LOOKS = {conformance.PASS: ("\N{CHECK MARK}", "good"), conformance.TRAIT: ("trait", "doubt"),
         conformance.NOT_APPLICABLE: ("\N{EN DASH}", "nothing"), conformance.FAIL: ("FAIL", "bad")}  # word and class
FOLDED_FROM = 400  # findings


def kills_section(subjects):
    """`subjects`: as kills.read gives them, or None where no file was given."""
    if subjects is None:
        return _nothing("No kill matrix was given.", "syncbench --mutants -o kills.jsonl", "--kills kills.jsonl")
    mutants = [one for one in subjects if not one.healthy and not one.equivalent]
    alive = [one.name for one in mutants if not _killed(one)]
    accused = [one.name for one in subjects if one.healthy and _killed(one)]
    words = [f"{len(mutants) - len(alive)} of {len(mutants)} planted bugs were found."]
    words += [f"Not found: {', '.join(alive)}."] if alive else []
    words += [f"Accused though healthy: {', '.join(accused)}."] if accused else ["Nothing healthy was accused."]
    with style.applied():
        drawing = vector.inline(kill_matrix.draw(subjects), "k-", "Kill matrix: planted bugs by mode and number of threads")
    return [h("p", " ".join(words), class_="bad" if accused else None),
            h("figure", h("figcaption", "Dark was found soon, a cross not at all, empty was not tried."),
              scrolling("Kill matrix", drawing, class_="paper"))]


def _killed(subject):
    return any(cell.killed for cell in subject.cells.values())


def conformance_section(found):
    """`found`: as conformance.read gives it, or None where no file was given."""
    if found is None:
        return _nothing("No conformance matrix was given.", "syncbench --conformance --format json > conformance.json",
                        "--conformance conformance.json")
    counts = {outcome: sum(one.outcome == outcome for one in found.findings) for outcome in conformance.OUTCOMES}
    primitives = {}
    for one in found.findings:
        primitives.setdefault(one.primitive, []).append(one)
    is_open = len(found.findings) < FOLDED_FROM
    return [h("p", f"Profile {found.profile}: ", ", ".join(f"{n} {outcome}" for outcome, n in counts.items() if n), ". ",
              "A trait is a promise that the implementation does not make.", class_="bad" if counts[conformance.FAIL] else None),
            *_failures(found.findings),
            *(_matrix(primitive, one, is_open or any(f.outcome == conformance.FAIL for f in one))
              for primitive, one in primitives.items())]


def _failures(findings):
    failed = [h("li", h("b", f"{one.primitive} {one.implementation}, {one.rule}: "), f"{one.text}. ", one.reason)
              for one in findings if one.outcome == conformance.FAIL]
    return [h("ul", failed, class_="bad")] if failed else []


def _matrix(primitive, findings, is_open):
    rules = dict.fromkeys(one.rule for one in findings)
    texts = {one.rule: one.text for one in findings}
    rows = {}
    for one in findings:
        rows.setdefault(one.implementation, {})[one.rule] = one
    head = h("tr", h("th", "implementation", scope="col"),
             [h("th", h("abbr", rule, title=texts[rule]), scope="col") for rule in rules])
    body = [h("tr", h("th", name, scope="row"), [_cell(cells.get(rule)) for rule in rules]) for name, cells in rows.items()]
    table = h("table", h("thead", head), h("tbody", body), class_="plain matrix")
    meaning = h("dl", [[h("dt", rule), h("dd", texts[rule])] for rule in rules])
    return h("details", h("summary", h("b", primitive), f" ({plural(len(rows), 'implementation')})"),
             scrolling(f"Conformance: {primitive}", table), h("details", h("summary", "The rules"), meaning), open=is_open)


def _cell(finding):
    if finding is None:
        return h("td")
    word, look = LOOKS[finding.outcome]
    return h("td", h("span", word, class_=look, title=finding.reason or finding.outcome, aria_label=finding.outcome, role="img"))


def _nothing(what, command, option):
    return [h("p", f"{what} ", h("code", command), " makes one, ", h("code", f"report {option}"), " shows it here.",
              class_="nothing")]
