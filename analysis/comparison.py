"""Compares two sets of trials point by point, and says of each point faster, slower or same, or why it cannot say.

What is called a difference has to be three things at once: larger than what matters (the threshold, or the noise floor
of a calibration if that is larger), distinguishable from none (its interval), and unlikely to be one of the surprises that
a long table brings (p adjusted by Holm over all rows). What is called the same has to have its whole interval inside the
threshold: a large p alone only means that too little was measured, and so does a noise floor.

The unit is what is independent: the medians of runs, where both sides have enough of them, else the blocks of trials. Runs
that were measured side by side are pairs, and what is judged then is the ratio inside each: a mood of the machine that
lasts longer than a pair meets both and cancels.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from math import exp, log
from statistics import median

import numpy as np

from analysis import points, stats
from analysis.errors import UsageError
from analysis.places import Place

ENOUGH_RUNS = 5  # of each set, from which on a run is the unit
WIDE = 0.25  # quartile range over median: such a side is not one number

CLAIMS = FASTER, SLOWER = "faster", "slower"
SAME, INCONCLUSIVE, UNSTABLE, INVALID = "same", "inconclusive", "unstable", "invalid"
VERDICTS = (*CLAIMS, SAME, INCONCLUSIVE, UNSTABLE, INVALID)


@dataclass(frozen=True)
class Rules:
    """What a verdict rests on."""

    alpha: float = 0.05  # the chance of any false claim in the whole table
    confidence: float = 0.95  # of each interval
    threshold: float = 0.03  # relative: smaller differences do not matter
    paired: bool = False  # runs of one name on both sides were measured side by side
    seed: int = 1


@dataclass(frozen=True)
class Side:
    """One point of one of the two sets, as one measure sees it."""

    values: tuple  # one for each unit, never zero
    clusters: tuple  # how many of them belong to each run
    median: float | None
    spread: float | None  # quartile range over median
    trials: int
    left_out: dict  # why trials do not count: how many
    only_far: bool
    disturbed: bool  # most of these trials are doubtful
    why_failed: str | None
    runs: tuple = ()  # the names of those of `clusters`

    @property
    def usable(self):
        return bool(self.values)

    @property
    def moods(self):
        """Of the machine."""
        return [word for word, so in (("processors far apart", self.only_far), ("disturbed", self.disturbed)) if so]

    @property
    def skipped(self):
        """In all of its trials."""
        return not self.trials and self.left_out.keys() == {"skipped"}

    @property
    def breaks(self):
        """How it breaks, in however few of its trials."""
        return {"violated", "hang"} & self.left_out.keys()


@dataclass(frozen=True)
class Row:
    place: Place
    measure: object
    base: Side
    new: Side
    ratio: float | None = None  # new over base
    interval: tuple | None = None
    p: float | None = None
    adjusted_p: float | None = None
    threshold: float = 0.0
    verdict: str = INVALID
    note: str = ""

    @property
    def is_of_one_mood(self):
        """Near was compared with near, or far with far."""
        return self.base.only_far == self.new.only_far

    @property
    def is_skipped(self):
        """By both sides: the runner does not measure what means nothing there."""
        return self.base.skipped and self.new.skipped

    @property
    def is_regression(self):
        """Worse, or broken in a way in which it was not."""
        return self.verdict == SLOWER or (self.verdict == INVALID and bool(self.new.breaks - self.base.breaks))


@dataclass(frozen=True)
class Comparison:
    rows: list
    only_base: list  # places without a partner
    only_new: list
    notes: list = field(default_factory=list)  # sentences about the whole table

    @property
    def regressions(self):
        return [row for row in self.rows if row.is_regression]


def compare(base, new, measures, rules=Rules(), floors=None):
    """`base` and `new`: (trials, environments), each of one machine and one build. `floors` maps (place, measure name) to the
    relative difference that a calibration found between equals. Raises UsageError if nothing is in both."""
    among = [*base[0], *new[0]]
    environments = {**base[1], **new[1]}
    before, after = _places(base[0], environments, among), _places(new[0], environments, among)
    both = [place for place in before if place in after]
    if not both:
        raise UsageError(_nothing_in_common(before, after))
    pairs = {place: _alike(before[place], after[place]) for place in both}
    rows = [Row(place, measure, *(side_of(point, measure) for point in pairs[place]))
            for measure in measures for place in both if place.setting.kind == measure.kind]
    skipped = {row.place for row in rows if row.is_skipped}
    rows = [row for row in rows if not row.is_skipped]
    if skipped and not rows:
        raise UsageError("nothing to compare: what is in both was skipped in both")
    if not rows:
        kinds = " and ".join(sorted({place.setting.kind for place in both}))
        names = " or ".join(measure.name for measure in measures)
        raise UsageError(f"nothing to compare: only {kinds} trials are in both, which carry no {names}")
    runs = [{trial.run for trial in trials} for trials, _ in (base, new)]
    if rules.paired and runs[0].isdisjoint(runs[1]):
        raise UsageError("nothing to pair: no run has the name of one of the other set")
    if rules.paired or min(map(len, runs)) >= ENOUGH_RUNS:
        rows = [replace(row, base=_by_runs(row.base), new=_by_runs(row.new)) for row in rows]
    if rules.paired:
        rows = [_paired(row) for row in rows]
    rows = judged(rows, rules, floors or {})
    names = ", ".join(sorted({place.implementation for place in skipped}))
    notes = [f"Skipped on both sides, in {len(skipped)} points: {names}."] if skipped else []
    return Comparison(rows, [p for p in before if p not in after], [p for p in after if p not in before],
                      _notes(rows, rules) + notes)


def _places(trials, environments, among):
    """Points by place, in a stable order; the reference measured again is no point of its own."""
    found = {}
    for figure in points.figures(trials, environments, among):
        setting = replace(figure.setting, build="", host="", pus=None)
        for point in figure.points:
            if point.copy == 0:
                found[Place(setting, point.implementation, point.threads)] = point
    return found


def _alike(base, new):
    """Near with near, or far with far: whichever has more trials on the side that has fewer. A machine that was far most of the
    time can still be compared with itself."""
    near = [(base, new)] if not (base.only_far or new.only_far) else []
    far = [tuple(point if point.only_far else point.far for point in (base, new))]
    found = [_with_doubts(pair) for pair in near + far if all(pair)]
    return max(found, key=lambda pair: min(len(point.trials) for point in pair), default=(base, new))


def _with_doubts(pair):
    """Where most trials of both sides are doubtful the machine was busy for both alike, and a few quiet moments say less than
    all of them. Where one side alone was disturbed its doubtful trials stay out: they would make it slower than it is."""
    everything = [(*point.trials, *point.set_aside) for point in pair]
    if not all(_mostly_doubtful(trials) for trials in everything):
        return pair
    return tuple(replace(point, trials=trials, set_aside=()) for point, trials in zip(pair, everything))


def _mostly_doubtful(trials):
    return 2 * sum(bool(t.doubts) for t in trials) > len(trials)


def _nothing_in_common(before, after):
    first = next(iter(before), None)
    alike = (place for place in after
             if first and (place.implementation, place.threads) == (first.implementation, first.threads))
    like = next(alike, next(iter(after), None))
    return f"no point is in both sets; one has, say, '{first}', the other '{like}'"


def side_of(point, measure):
    """What a measure sees of a point: one value for each block."""
    blocks = defaultdict(list)
    for trial in point.trials:
        value = measure.value_of(trial)
        if value is not None:
            blocks[trial.run, trial.block].append(max(value, measure.least))
    runs = defaultdict(list)
    for (run, _), values in sorted(blocks.items()):
        runs[run].append(median(values))
    values = [value for run in runs.values() for value in run]
    left_out = Counter(trial.verdict if trial.verdict != "ok" else "beside a violated one" for trial in point.failed)
    left_out.update({"near" if point.only_far else "far": point.left_out_far}, doubtful=point.left_out_doubtful,
                    unseen=len(point.trials) - sum(map(len, blocks.values())))
    return Side(tuple(values), tuple(len(run) for run in runs.values()), median(values) if values else None, _spread(values),
                len(point.trials), {word: n for word, n in left_out.items() if n}, point.only_far,
                _mostly_doubtful(point.trials), point.why_failed if point.failed and not point.trials else None, tuple(runs))


def _spread(values):
    if len(values) < 3:
        return None
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return float((high - low) / middle)


def _by_runs(side):
    """The medians of its runs, as a side of one run: what is left to compare is independent. Also where few of the runs have
    anything to say here; twelve trials of two runs are two values."""
    ends = np.cumsum(side.clusters)
    runs = tuple(median(side.values[end - size:end]) for end, size in zip(ends, side.clusters))
    return replace(side, values=runs, clusters=(len(runs),))


def _paired(row):
    """The runs that both sides have, in one order; of what the others would say, the number of values."""
    names = [name for name in row.base.runs if name in row.new.runs]

    def with_partner(side):
        values = dict(zip(side.runs, side.values))
        kept, alone = tuple(values[name] for name in names), len(values) - len(names)
        return replace(side, values=kept, clusters=(len(kept),), runs=tuple(names), median=median(kept) if kept else None,
                       spread=_spread(kept), left_out={**side.left_out, **({"runs alone": alone} if alone else {})})

    return replace(row, base=with_partner(row.base), new=with_partner(row.new))


def judged(rows, rules, floors):
    """The rows with ratio, interval, p and verdict: those of one table, since p is adjusted for all of them."""
    bootstrap = stats.Bootstrap(rules.confidence, seed=rules.seed)
    rows = [_estimated(row, bootstrap, rules, floors) for row in rows]
    testable = [i for i, row in enumerate(rows) if row.ratio is not None]
    ps = [rows[i].p for i in testable] if rules.paired else _ps([rows[i] for i in testable])
    for i, p, adjusted in zip(testable, ps, stats.holm(ps)):
        rows[i] = replace(rows[i], p=p, adjusted_p=float(adjusted))
    return [_judged(row, rules) for row in rows]


def _estimated(row, bootstrap, rules, floors):
    threshold = max(rules.threshold, floors.get((row.place, row.measure.name), 0.0))
    row = replace(row, threshold=threshold, note=", ".join(word for word in row.base.moods if word in row.new.moods))
    if not (row.base.usable and row.new.usable):
        return row
    base, new = np.log(row.base.values), np.log(row.new.values)
    if rules.paired:
        found = stats.signed_rank(new - base, rules.confidence)
        return replace(row, ratio=exp(found.shift), interval=found.interval and tuple(map(exp, found.interval)), p=found.p)
    interval = bootstrap.interval(base, new, row.base.clusters, row.new.clusters)
    return replace(row, ratio=exp(stats.hodges_lehmann(base, new)),
                   interval=None if interval is None else (exp(interval[0]), exp(interval[1])))


def _ps(rows):
    """Rows of one shape in one call: a table has thousands of rows and few shapes."""
    shapes = defaultdict(list)
    for i, row in enumerate(rows):
        shapes[len(row.base.values), len(row.new.values)].append(i)
    ps = [1.0] * len(rows)
    for indices in shapes.values():
        bases, news = (np.array([side(rows[i]).values for i in indices]) for side in (lambda r: r.base, lambda r: r.new))
        found = stats.mann_whitney(bases, news)
        for i, p in zip(indices, found):
            ps[i] = float(p)
    return ps


def _judged(row, rules):
    if row.ratio is None:
        return replace(row, **_without_ratio(row))
    if news := row.new.breaks - row.base.breaks:  # one hang in ten trials is not a slow trial
        return replace(row, verdict=INVALID, note=f"{' and '.join(sorted(news))} in NEW")
    if not row.is_of_one_mood:
        return replace(row, verdict=UNSTABLE, note=f"processors far apart in {'BASE' if row.base.only_far else 'NEW'} alone")
    if row.interval is None:
        return replace(row, verdict=INCONCLUSIVE, note="too few pairs" if rules.paired else "fewer than four values on a side")
    low, high = row.interval
    matters, limit = log(1 + rules.threshold), log(1 + row.threshold)
    differs = not low <= 1 <= high and row.adjusted_p < rules.alpha
    if differs and abs(log(row.ratio)) > limit:
        better = (row.ratio > 1) == (row.measure.better > 0)
        return replace(row, verdict=FASTER if better else SLOWER)
    if -matters < log(low) and log(high) < matters:
        return replace(row, verdict=SAME)
    if differs and abs(log(row.ratio)) > matters:
        return replace(row, verdict=INCONCLUSIVE, note=f"within the noise floor of {row.threshold:.1%}")
    if wide := _wide(row, rules):
        return replace(row, verdict=UNSTABLE, note=f"the middle half of {' and '.join(wide)} spreads over more than {WIDE:.0%}")
    return replace(row, verdict=INCONCLUSIVE)


def _wide(row, rules):
    """What of this row is not one number."""
    spreads = {"BASE": row.base.spread, "NEW": row.new.spread}
    if rules.paired:
        spreads = {"the ratios": _spread(np.divide(row.new.values, row.base.values))}
    return [word for word, spread in spreads.items() if spread is not None and spread > WIDE]


def _without_ratio(row):
    broken = [f"{side.why_failed} in {word}" for word, side in (("BASE", row.base), ("NEW", row.new)) if side.why_failed]
    if broken:
        return {"verdict": INVALID, "note": ", ".join(broken)}
    return {"verdict": INCONCLUSIVE, "note": "too few values to tell"}


def _notes(rows, rules):
    notes = []
    tests = [row for row in rows if row.p is not None]
    mute = [row for row in tests if _is_mute(row, len(tests), rules)]
    if mute:
        sizes = max((len(row.base.values), len(row.new.values)) for row in mute)
        words = f"{sizes[0]} pairs" if rules.paired else f"{sizes[0]} against {sizes[1]}"
        each = "" if rules.paired else " on each side"
        notes.append(f"Too few values for {len(mute)} of {len(tests)} rows: {words} cannot tell anything at {rules.alpha:g} over "
                     f"so many rows; {_enough(len(tests), rules)}{each} can, or fewer measures.")
    disturbed = sum(row.base.disturbed and row.new.disturbed for row in rows)
    if 2 * disturbed > len(rows):
        notes.append(f"Disturbed on both sides in {disturbed} of {len(rows)} rows: a quiet machine would tell more.")
    few = [row for row in tests if max(len(row.base.clusters), len(row.new.clusters)) > 1]
    if few:
        notes.append(f"Fewer than {ENOUGH_RUNS} runs on a side: intervals allow for differences between runs, p does not.")
    return notes


def with_a_voice(rows, rules):
    """Rows that had a test, of enough values for a claim in a table of this length."""
    tests = [row for row in rows if row.p is not None]
    return [row for row in tests if not _is_mute(row, len(tests), rules)]


def _is_mute(row, tests, rules):
    least = _smallest_p(len(row.base.values), len(row.new.values), rules)
    return row.interval is None or least * tests >= rules.alpha


def _enough(tests, rules):
    n = 3
    while _smallest_p(n, n, rules) * tests >= rules.alpha:
        n += 1
    return n


def _smallest_p(base, new, rules):
    return stats.smallest_p_of_pairs(base) if rules.paired else stats.smallest_p(base, new)
