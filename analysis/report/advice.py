"""When to use which primitive: the usual decision tree, with what these records say to each of its answers.

The tree asks for the simplest primitive that does what is needed; the records can tell which implementation of it to take,
and what each primitive costs at the same job. Where they have nothing, the command that would measure it stands instead.
"""

from dataclasses import dataclass

from analysis import points, sheets
from analysis.measures import MEASURES
from analysis.report import contests, words
from analysis.report.contests import CONTENDED, OVERSUBSCRIBED, UNCONTENDED
from analysis.report.markup import h

SAME_JOB = "syncbench -w ping-pong --set on=semaphore,event,condition,mutex"
MOST_SETTINGS = 3  # of one workload; the rest stand in the summary


@dataclass(frozen=True)
class Evidence:
    what: str
    workload: str
    measure: str
    on: str | None = None  # the value of that parameter

    @property
    def command(self):
        return f"syncbench -w {self.workload}" + (f" --set on={self.on}" if self.on else "")


@dataclass(frozen=True)
class Branch:
    question: str
    primitive: str
    why: str
    evidence: tuple


TREE = (
    Branch("Has somebody only to be told that something happened: start, stop, ready?", "Event",
           "One bit that stays set: whoever comes late goes on at once.",
           (Evidence("waking all who wait", "starting-gun", "p50"),
            Evidence("signalling one other thread", "ping-pong", "p50", "event"),
            Evidence("waking at a deadline, late by", "timed-wait", "p50"))),
    Branch("Has somebody to wait until shared data are in a certain state?", "Condition",
           "A mutex for the data and a wait beside it; the state is checked again after each wake-up.",
           (Evidence("a bounded buffer", "prodcons", "throughput", "condition"),
            Evidence("being called in turn", "appointments", "throughput"),
            Evidence("handing a turn over", "ping-pong", "p50", "condition"))),
    Branch("Have all of a fixed group to arrive before any goes on?", "Barrier",
           "Counts arrivals and lets the phase go when the last one has come.",
           (Evidence("phases without work between them", "group-photo", "throughput"),
            Evidence("several barriers in turn", "phases", "throughput"),
            Evidence("a failure and its repair", "unreliable", "throughput"))),
    Branch("May only one at a time touch something?", "Lock",
           "Mutual exclusion and nothing else; recursive only if a holder may call into itself.",
           (Evidence("a short section", "counter", "throughput"), Evidence("two locks at once", "lock-order", "throughput"),
            Evidence("a recursive lock", "recursion", "throughput"))),
    Branch("May a limited number at a time use something?", "Semaphore",
           "Counts permits; who gives one back need not be who took it.",
           (Evidence("taking and giving back", "permits", "throughput"),
            Evidence("handing a turn over", "ping-pong", "p50", "semaphore"))),
    Branch("Has work to go from those who make it to those who do it?", "Queue",
           "A bounded buffer: a mutex with two conditions, or semaphores, and an event that ends it.",
           (Evidence("a buffer over semaphores", "prodcons", "throughput", "semaphore"),
            Evidence("a pool of workers", "worker-pool", "throughput"))),
)


def section(figures, rows):
    """`rows`: ids of the result table's rows by place."""
    return [h("p", "Take the first question that is answered with yes. What stands under it is what these records say; who is "
                   "called a winner is explained in the summary."),
            h("ol", [_branch(branch, figures, rows) for branch in TREE], class_="tree"), *_same_job(figures, rows)]


def _branch(branch, figures, rows):
    answer = h("span", "yes \N{RIGHTWARDS ARROW} ", h("b", branch.primitive), class_="answer")
    return h("li", h("p", branch.question, " ", answer), h("p", branch.why, class_="note"),
             h("ul", [_evidence(one, figures, rows) for one in branch.evidence]),
             id=f"use-{branch.primitive.lower()}")


def _evidence(evidence, figures, rows):
    found = of(evidence, figures)
    if not found:
        return h("li", f"{evidence.what}: these records have nothing on it; ", h("code", evidence.command), " measures it.",
                 class_="nothing")
    named = {setting: label for (setting, (_, label)) in words.settings([setting for setting, _ in found]).items()}
    shown = [h("p", h("span", f"{named[setting]}, " if named[setting] else "", f"{words.crowd(one)}: ", class_="where"),
               words.sentence(one, rows)) for setting, crowds in found[:MOST_SETTINGS] for one in crowds]
    if (more := len(found) - MOST_SETTINGS) > 0:
        shown.append(h("p", f"{more} more settings of {evidence.workload} are in the ", h("a", "summary", href="#summary"), "."))
    return h("li", h("b", evidence.what), f" ({evidence.workload})", shown)


def of(evidence, figures):
    """Pairs of a setting and its contests: those with others present, or the lonely one if there is no other."""
    found = []
    for figure in figures:
        measure = MEASURES["p99" if sheets.is_paced(figure) else evidence.measure]  # at a given rate all do as much
        on = dict(figure.setting.params).get("on")
        if (figure.setting.workload, figure.setting.kind) == (evidence.workload, measure.kind) and evidence.on in (None, on):
            crowds = contests.in_crowds(figure, measure)
            chosen = [crowds[crowd] for crowd in (CONTENDED, OVERSUBSCRIBED) if crowd in crowds] or \
                     [crowds[crowd] for crowd in (UNCONTENDED,) if crowd in crowds]
            if chosen:
                found.append((figure.setting, chosen))
    return found


def _same_job(figures, rows):
    """What each primitive costs at the same job: two threads that take turns over it."""
    title = h("h3", "The same job over each primitive")
    best = _turns(figures)
    if len({on for on, _ in best}) < 2:
        return [title, h("p", "Two threads that take turns over a semaphore, an event, a condition or a mutex would show what "
                         "the choice itself costs; these records do not have it for two of them. ", h("code", SAME_JOB),
                         " measures it.", class_="nothing")]
    lines = [h("tr", h("th", on, scope="row"), h("td", words.name(one, one.leader.implementation, rows), f" ({one.outcome})"),
               h("td", words.quantity(one.measure, one.value)), h("td", words.crowd(one)), h("td", _label(one.figure.setting)))
             for on, one in best]
    head = [h("th", name, scope="col") for name in ("over a", "best median", "half a round trip", "threads", "placement")]
    return [title, h("p", "ping-pong: one hand-over between two threads. Read it as an order of magnitude: rows are not "
                          "compared by a test."),
            h("table", h("thead", h("tr", head)), h("tbody", lines), class_="plain")]


def _turns(figures):
    measure = MEASURES["p50"]
    found = [(str(dict(figure.setting.params).get("on", "")), one) for figure in figures
             if (figure.setting.workload, figure.setting.kind) == ("ping-pong", measure.kind)
             for crowd, one in contests.in_crowds(figure, measure).items() if crowd == CONTENDED or one.threads == 2]
    return sorted(found, key=lambda pair: (pair[1].threads, pair[1].value))


def _label(setting):
    return f"{setting.policy}, " + ", ".join(points.assignment(*param) for param in setting.params if param[0] != "on")
