"""The summary: who wins in each workload alone, with a processor for each thread, and with more threads than processors."""

from analysis.report import words
from analysis.report.contests import CROWDS
from analysis.report.markup import h, join

FOLDED_FROM = 24  # settings, from which on their sentences are folded away
HEADS = {"uncontended": "uncontended (1 thread)", "contended": "contended (a processor for each thread)",
         "oversubscribed": "oversubscribed (more threads than processors)"}


def section(contests, without, rows):
    """`contests`: by setting and crowd. `without`: for those that are none, why. `rows`: ids of the result table's rows by
    place."""
    named = words.settings(list(contests))
    every = [contest for found in contests.values() for contest in found.values()]
    if not every:
        return [h("p", "Nothing here can be held against anything: no trial gave a number.")]
    return [_overview(contests, without, named, rows), h("p", words.method(every), class_="note"),
            *_details(contests, named, rows)]


def _overview(contests, without, named, rows):
    crowds = [crowd for crowd in CROWDS if any(crowd in found for found in contests.values())]
    lines = [h("tr", h("th", _called(named[setting]), scope="row"),
               [_cell(found.get(crowd), without.get((setting, crowd), "not measured"), crowd, rows) for crowd in crowds])
             for setting, found in contests.items()]
    head = h("tr", h("th", "workload", scope="col"), [h("th", HEADS[crowd], scope="col") for crowd in crowds])
    return h("table", h("thead", head), h("tbody", lines), class_="overview", id="winners")


def _called(name):
    workload, setting = name
    return [h("b", workload), " ", h("span", setting, class_="setting")] if setting else h("b", workload)


def _cell(contest, otherwise, crowd, rows):
    if contest is None:
        return h("td", h("span", otherwise, class_="nothing"), data_label=crowd)
    apart = f", {len(contest.apart)} not comparable" if contest.apart else ""
    return h("td", words.brief(contest, rows), " ", h("span", _where(contest), apart, class_="where"), data_label=crowd)


def _where(contest):
    return words.crowd(contest) if contest.measure.name == "throughput" else f"{contest.measure.label}, {words.crowd(contest)}"


def _details(contests, named, rows):
    blocks = []
    for setting, found in contests.items():
        head = h("summary", _called(named[setting]))
        if found:
            body = h("ul", [h("li", h("b", f"{crowd}, {words.crowd(one)}: "), words.sentence(one, rows))
                            for crowd, one in found.items()])
        else:
            body = h("p", "What counts here was not measured, or nothing of it has a number.")
        blocks.append(h("details", head, body, open=len(contests) < FOLDED_FROM))
    return [h("h3", "In words"), join(blocks)]
