"""What to know before believing any number on the page: the machine, the build, what failed, what was left out."""

import re
from collections import defaultdict
from dataclasses import dataclass
from statistics import median

from analysis import noise, summary
from analysis.measures import MEASURES
from analysis.points import FAR, assignment
from analysis.report.contests import OUTSIDE
from analysis.report.markup import plural
from analysis.stats import median_ratio

BAD, DOUBT, NOTE = "bad", "doubt", "note"
LEVELS = {BAD: "wrong", DOUBT: "doubtful", NOTE: "to know"}
MOST = 8  # places or reasons in one sentence
FEW = 6  # trials from which on an interval of the median can reach 95 %
VERDICTS = (("violated", BAD, "The invariant was broken, so that what is measured there is not synchronization"),
            ("hang", BAD, "Hung"), ("skipped", NOTE, "Skipped"))
NOISY = 0.05  # what the reference may differ from itself by, before that is a warning
NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)


@dataclass(frozen=True)
class Caution:
    level: str
    words: str
    more: tuple = ()  # what does not fit into a sentence


def of(trials, environments, figures):
    """The worst first."""
    used = {name: environments[name] for name in dict.fromkeys(t.environment for t in trials)}
    found = [*_verdicts(trials), *_builds(used), *_broken(figures), *_mixed(trials, used), *_machine(used), *_doubts(trials),
             *_far(figures), *_missing(figures), *_few(figures), *_twice(figures), *_saturated(trials),
             *_crowded(trials)]
    return sorted(found, key=lambda one: list(LEVELS).index(one.level))


def _verdicts(trials):
    for verdict, level, words in VERDICTS:
        bad = [t for t in trials if t.verdict == verdict]
        # A control is measured in order to be caught.
        caught = [t for t in bad if t.standing == "control" and verdict == "violated"]
        if caught:
            yield Caution(NOTE, f"{_trials(len(caught))} of the control ({_some(t.implementation for t in caught)}) broke the "
                                "invariant, as it must: it does not synchronize.")
        bad = [t for t in bad if t not in caught] if caught else bad
        if bad:
            yield Caution(level, f"{words}: {_trials(len(bad))} ({_places(bad)}).", _reasons(t.reason for t in bad))


def _builds(environments):
    for name, environment in environments.items():
        build = _dict(environment.facts.get("build"))
        code = _dict(build.get("code"))
        kind = str(build.get("build_type", ""))
        why = [word for word, is_so in ((f"build type {kind}", kind and kind not in ("Release", "RelWithDebInfo", "MinSizeRel")),
                                        ("not optimized", code.get("optimized") is False),
                                        ("with assertions", code.get("assertions") is True)) if is_so]
        if why:
            yield Caution(BAD, f"Run {name} is of a debug build ({', '.join(why)}): its times are not those of the code that is "
                               "used.")


def _broken(figures):
    """Points where some trials held and some did not."""
    found = [f"{f.setting.workload}: {p.implementation} at {p.threads}" for f in figures for p in f.points
             if p.failed and p.trials]
    if found:
        yield Caution(DOUBT, f"With a number although some of their trials failed: {plural(len(found), 'point')} "
                             f"({_some(found)}).")


def _mixed(trials, environments):
    for what, values in (("builds", {t.build for t in trials}), ("machines", {e.machine for e in environments.values()})):
        if len(values) > 1:
            yield Caution(DOUBT, f"These records are of {len(values)} {what} ({_some(sorted(values))}); nothing is compared "
                                 "across them.")
    if any(not environment.facts for environment in environments.values()):
        yield Caution(DOUBT, "The machine of some trials is unknown: their environment is not in these files.")


def _machine(environments):
    """What the runner said of the machine; sentences that differ in numbers alone are one."""
    alike = defaultdict(list)
    for environment in environments.values():
        warnings = environment.facts.get("warnings")
        for sentence in sorted(set(map(str, warnings if isinstance(warnings, list) else []))):
            alike[_form(sentence)].append(NUMBER.findall(sentence))
    for form, numbers in sorted(alike.items()):
        runs = f" ({len(numbers)} of {len(environments)} runs)" if len(environments) > 1 else ""
        yield Caution(DOUBT, _with_ranges(form, numbers) + runs)


def _doubts(trials):
    doubted = [t for t in trials if t.doubts]
    if doubted:
        yield Caution(DOUBT, f"Doubtful, because something disturbed them: {_trials(len(doubted))} of {len(trials)}. They are "
                             "left out where enough are left without them, and used, and marked, where not.",
                      _reasons(d for t in doubted for d in t.doubts))


def _far(figures):
    points = [p for f in figures for p in f.points]
    left_out, only = sum(p.left_out_far for p in points), sum(p.only_far for p in points)
    parts = [f"{_trials(left_out)} left out"] if left_out else []
    if only:
        parts.append(f"{only} of {len(points)} points have no trial on near ones, and are held against nothing that does")
    if parts:
        yield Caution(DOUBT, f"Processors moved apart during the run (a cache line took over {FAR:g} times the best): "
                             f"{'; '.join(parts)}.")


def _missing(figures):
    """Thread counts that others of the same setting have."""
    found = [f"{f.setting.workload} ({f.setting.kind}): no {name} at {', '.join(map(str, lacking))}" for f in figures
             for name, series in f.series.items() if summary.standing(series[0]) not in OUTSIDE
             if (lacking := sorted(set(f.threads) - {p.threads for p in series}))]
    if found:
        yield Caution(NOTE, f"Points are missing that others of the same setting have, in {plural(len(found), 'series')}.",
                      tuple(found))


def _few(figures):
    points = [p for f in figures for p in f.points if p.copy == 0 and p.trials]
    few = [p for p in points if len(p.trials) < FEW]
    if few:
        yield Caution(DOUBT, f"Fewer than {FEW} trials: {len(few)} of {plural(len(points), 'point')}. Their intervals go from "
                             "minimum to maximum and do not reach 95 %; more repetitions (-r 10) help.")


def _twice(figures):
    """The reference measured twice: what cannot be told from nothing on this machine."""
    rate = MEASURES["throughput"].value_of
    off = [abs(median_ratio(pair.ratios) - 1) for f in figures if f.setting.kind == "throughput" for pair in noise.pairs(f, rate)]
    if off:
        level = DOUBT if median(off) > NOISY else NOTE
        yield Caution(level, f"The reference measured twice, close in time, differs from itself by {median(off):.1%} (median of "
                             f"{plural(len(off), 'point')}; {max(off):.1%} at the most): smaller differences mean nothing here.")


def _saturated(trials):
    found = [t for t in trials if t.saturated]
    if found:
        yield Caution(NOTE, f"More was due than could be done, so that latencies grow with the window: {_trials(len(found))} "
                            f"({_places(found)}).")


def _crowded(trials):
    counts = {t.threads for t in trials if t.oversubscribed}
    if counts:
        yield Caution(NOTE, f"With {_some(map(str, sorted(counts)))} threads there were, in some settings, more threads than "
                            "processors: they take turns, and the scheduler is measured too.")


def _places(trials):
    """A rate is named, since it is what saturates."""
    return _some(dict.fromkeys(f"{t.workload} {t.implementation} at {t.threads}" + _rate(t) for t in trials))


def _rate(trial):
    rate = dict(trial.params).get("rate", 0)
    return f" and {assignment('rate', rate)}/s" if rate else ""


def _some(words):
    found = list(dict.fromkeys(words))
    return ", ".join(found[:MOST]) + (f" and {len(found) - MOST} more" if len(found) > MOST else "")


def _reasons(words):
    """Each once, the commonest first. Those that differ in numbers alone are one, with the range of each number."""
    alike = defaultdict(list)
    for word in words:
        alike[_form(word)].append(NUMBER.findall(word))
    ordered = sorted(alike.items(), key=lambda one: (-len(one[1]), one[0]))
    return tuple(_with_ranges(form, numbers) + (f" ({len(numbers)} times)" if len(numbers) > 1 else "")
                 for form, numbers in ordered)


def _form(words):
    """A NUL for each number, and none of the record's own."""
    return NUMBER.sub("\0", words.replace("\0", "\N{REPLACEMENT CHARACTER}"))


def _with_ranges(form, numbers):
    if not form:
        return "no reason given"
    ranges = iter([_range(sorted(set(column), key=float)) for column in zip(*numbers)])
    return "".join(next(ranges) if c == "\0" else c for c in form)


def _range(values):
    return values[0] if len(values) == 1 else f"{values[0]}\N{EN DASH}{values[-1]}"


def _trials(n):
    return plural(n, "trial")


def _dict(value):
    return value if isinstance(value, dict) else {}
