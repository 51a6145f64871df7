"""The sentences under a figure: what was held fixed, what the bands mean, what was left out, what is missing.

A figure travels without its file, so whatever a reader needs in order not to be fooled stands under the axes.
"""

from collections import Counter, defaultdict

from analysis import noise, stats
from analysis.across import shown_borders
from analysis.points import FAR, assignment

MOST_PLACES = 8  # implementations that a sentence names before it says how many more there are


def caption(figure, drawn, value_of, what):
    """All sentences for a figure that shows the curves `drawn` over threads. A/A is judged by `value_of`, which `what`
    names."""
    sentences = [
        setting(figure),
        bands(drawn),
        pooled(most_runs(p for series in figure.series.values() for p in series)),
        lines(figure),
        left_out(figure),
        only_far(figure),
        doubtful(figure),
        gaps(drawn),
        same_twice(figure, value_of, what),
    ]
    return [sentence for sentence in sentences if sentence]


def around(group, *sentences):
    """The sentences of a picture that shows points of a group otherwise than as curves over threads: its own, between
    those that every picture has."""
    runs = most_runs(p for series in group.series.values() for p in series)
    every = [setting(group), *sentences, pooled(runs), left_out(group), only_far(group), doubtful(group)]
    return [sentence for sentence in every if sentence]


def setting(figure):
    fixed = figure.setting
    params = ", ".join(assignment(name, value) for name, value in fixed.params)
    parts = [
        f"{fixed.workload} ({params})" if params else fixed.workload,
        fixed.split,
        f"placement {fixed.policy}, roles {fixed.role_order}" if fixed.policy else f"roles {fixed.role_order}",
        f"host {fixed.host}" + (f" with {fixed.pus} PUs" if fixed.pus else ""),
        f"build {fixed.build}",
        f"windows of {fixed.window}",
    ]
    return "; ".join(part for part in parts if part) + "."


def lines(figure):
    """What the vertical lines are, where there is more than the one that the shade begins at."""
    words = {"package": "one package", "core": "all cores", "PU": "all PUs"}
    shown = shown_borders(figure)
    if not any(border.of != "PU" for border in shown):
        return ""
    return f"Vertical lines: {', '.join(f'{words[border.of]} ({border.threads})' for border in shown)}."


def bands(drawn):
    """How many trials stand behind a point, and what the band around it covers: too few trials cannot reach 95 %."""
    estimates = [e for curve in drawn for e in curve.estimates]
    if not estimates:
        return "No point has a number."
    counts = sorted({e.trials for e in estimates})
    text = f"Median of {span(counts)} {'trial' if counts[-1] == 1 else 'trials'}"
    if counts[-1] > 1:
        text += f"; bands: {interval(counts)}"
    if counts[0] == 1:
        text += "; a single trial has no band"
    return text + "."


def interval(counts, of="trials"):
    """What an interval of a median covers, with so many values at the least and so many at the most."""
    few = [n for n in counts if 1 < n < 6]
    text = "95 % confidence interval of the median by order statistics" if max(counts) >= 6 else ""
    if few:
        where = f"{text}, with fewer than 6 {of} " if text else ""
        worst = stats.median_interval([0.0] * min(few)).coverage
        text = f"{where}minimum to maximum, which covers the median with only {100 * worst:.0f} %"
        text += " at worst" if len(counts) > 1 else ""
    return text


def most_runs(points):
    """That the trials of any of these points come from."""
    return max((len({t.run for t in point.trials}) for point in points), default=0)


def pooled(runs):
    """Trials of one run are more alike than runs are, which an interval that counts trials cannot know."""
    return f"Trials of up to {runs} runs pooled: intervals do not allow for what differs between runs." if runs > 1 else ""


def left_out(figure):
    points = [p for series in figure.series.values() for p in series]
    far = sum(p.left_out_far for p in points)
    words = Counter(t.verdict if t.verdict != "ok" else "beside a violated one" for p in points for t in p.failed)
    words["doubtful"] += sum(p.left_out_doubtful for p in points)
    parts = [f"{far} with far processors (a cache line took over {FAR:g}x the best)"] if far else []
    parts += [f"{n} {word}" for word, n in sorted(words.items()) if n]
    return f"Trials left out: {', '.join(parts)}." if parts else ""


def only_far(figure):
    places = _places(figure, lambda p: p.only_far)
    return f"Far processors in every trial: {places}." if places else ""


def doubtful(figure):
    """Where a disturbed machine left no better trials than doubtful ones."""
    places = _places(figure, lambda p: p.doubtful)
    return f"Doubtful (too few undisturbed trials): {places}." if places else ""


def _places(figure, chosen):
    threads = {name: sorted({p.threads for p in series if chosen(p)}) for name, series in figure.series.items()}
    words = [f"{name} at {_list(numbers)}" for name, numbers in threads.items() if numbers]
    if len(words) > MOST_PLACES and all(chosen(p) for series in figure.series.values() for p in series if p.trials):
        return "everywhere"
    return "; ".join(words[:MOST_PLACES]) + (f"; and {len(words) - MOST_PLACES} more" if len(words) > MOST_PLACES else "")


def gaps(drawn, place=str):
    """What the crosses stand for. `place` makes a word of where along the curve one is."""
    words = _by_reason((curve.implementation, gap.at, gap.reason) for curve in drawn for gap in curve.gaps)
    return f"\N{MULTIPLICATION SIGN} no number: {_joined(words, place)}." if words else ""


def missing(places):
    """The same where nothing is drawn for it. `places`: names, thread counts and reasons."""
    words = _by_reason(places)
    return f"No number: {_joined(words, str)}." if words else ""


def _by_reason(places):
    """Names by where they have none and why: a crowd too large fails many at once."""
    reasons = defaultdict(dict)  # a dict as an ordered set: panels of one figure repeat each other's gaps
    for name, place, reason in places:
        reasons[name, reason][place] = None
    alike = defaultdict(list)
    for (name, reason), found in reasons.items():
        alike[tuple(found), reason].append(name)
    return alike


def _joined(alike, place):
    return "; ".join(f"{', '.join(names)} at {', '.join(map(place, places))} ({reason})"
                     for (places, reason), names in alike.items())


def same_twice(figure, value_of, what):
    """How far two measurements of the same thing differ: no difference below that is worth a word."""
    parts = defaultdict(list)
    for pair in noise.pairs(figure, value_of):
        ratios = pair.ratios
        ends = f"{min(ratios):.2f}\N{EN DASH}{max(ratios):.2f}" if len(ratios) > 1 else "one block"
        parts[pair.again.implementation].append(f"{stats.median_ratio(ratios):.2f} ({ends}) at {pair.again.threads}")
    return " ".join(
        f"{name} measured twice, ratio of {what} inside a block, median (range): {', '.join(texts)}."
        for name, texts in parts.items())


def span(counts):
    return f"{counts[0]}" if counts[0] == counts[-1] else f"{counts[0]} to {counts[-1]}"


def _list(numbers):
    return ", ".join(map(str, numbers))
