"""Groups trials into points, and points into figures, by what may and what may not be pooled.

A *point* is everything that was measured under one implementation and one thread count in one *setting*; a setting is
all the rest that a figure holds fixed. Nothing is pooled across hosts, builds, parameters or placements, and the
reference measured again (copy 1) stays apart, since it exists to show how far two equal measurements differ.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, fields
from functools import cached_property
from math import gcd

from analysis import measures
from analysis.borders import borders

FAR = 2.0  # times the fastest cache line seen between the same processors
ENOUGH = 3  # believable trials that suffice to leave the doubtful ones out


@dataclass(frozen=True)
class Setting:
    """What one figure holds fixed. The order of the fields is the order of the parts of a file name."""

    workload: str
    params: tuple
    policy: str
    role_order: str
    split: str
    host: str
    pus: int | None
    build: str
    window: str
    kind: str


@dataclass(frozen=True)
class Point:
    implementation: str
    threads: int
    copy: int
    trials: tuple  # those that count: invariant held, one fingerprint class, believable as far as there are such
    failed: tuple  # those whose verdict is not ok
    left_out_far: int  # or, of a point made of far trials, near ones
    set_aside: tuple  # doubtful trials that do not count, because there are others
    only_far: bool
    far: "Point | None" = None  # what the far trials make by themselves, where the near ones count

    @property
    def left_out_doubtful(self):
        return len(self.set_aside)

    @property
    def why_failed(self):
        """A word for why this point has no number: the commonest verdict that is not ok."""
        kinds = Counter(t.verdict for t in self.failed if t.verdict != "ok")
        return min(kinds, key=lambda kind: (-kinds[kind], kind))

    @property
    def saturated(self):
        """Whether more was due than could be done, in most of its trials: a single one may have met a disturbed machine."""
        return measures.mostly_saturated(self.trials)

    @property
    def doubtful(self):
        """Whether the number rests on trials with doubts, for want of better ones."""
        return any(t.doubts for t in self.trials) and not self.only_far


@dataclass(frozen=True)
class Figure:
    """The points that belong into one picture: one setting, all implementations and thread counts."""

    setting: Setting
    points: tuple
    capacity: int | None  # processors that the workers of this figure may use
    oversubscribed: tuple  # thread counts that the runner marked
    borders: tuple = ()  # of the machine, as borders.py finds them

    @cached_property
    def series(self):
        """Points of the first copy by implementation, each list in order of threads."""
        series = defaultdict(list)
        for point in sorted(self.points, key=lambda p: (p.implementation, p.threads)):
            if point.copy == 0:
                series[point.implementation].append(point)
        return dict(series)

    @property
    def threads(self):
        return sorted({p.threads for p in self.points})


def figures(trials, environments, among=None):
    """One `Figure` for each setting in the trials, in a stable order.

    `among` are the trials with which these will be held together, where there are more: what is far, and whether a split
    into roles needs a name, is then the same for all of them.
    """
    is_far = _far_rule(among or trials, environments)
    splits = _role_splits(among or trials)
    groups = defaultdict(list)
    for trial in trials:
        groups[_setting(trial, environments[trial.environment], splits)].append(trial)
    return [_figure(setting, groups[setting], is_far, environments) for setting in sorted(groups, key=repr)]


def labels(settings):
    """For each setting its parts that tell it from the others, `name=value` or the bare value."""
    names = [f.name for f in fields(Setting) if f.name != "kind"]
    varying = [n for n in names if len({getattr(setting, n) for setting in settings}) > 1]
    shared = {}  # by workload: another workload has other parameters anyway
    for setting in settings:
        shared[setting.workload] = shared.get(setting.workload, set(setting.params)) & set(setting.params)
    return [[_label(name, setting, shared) for name in varying] for setting in settings]


def assignment(name, value):
    """A parameter as on the command line; some are words."""
    return f"{name}={value}" if isinstance(value, str) else f"{name}={exact(value)}"


def exact(value):
    """A number in the shortest form in which no other number looks the same."""
    return short if float(short := f"{value:g}") == value else str(value)


def _label(name, setting, shared):
    value = getattr(setting, name)
    if name == "params":
        return ",".join(assignment(k, v) for k, v in value if (k, v) not in shared[setting.workload])
    return f"{value}-pus" if name == "pus" else str(value)


def _setting(trial, environment, splits):
    return Setting(
        workload=trial.workload,
        params=trial.params,
        policy=trial.policy,
        role_order=trial.role_order,
        split=splits(trial),
        host=environment.host,
        pus=environment.pus,
        build=trial.build,
        window=f"{exact(trial.window_ns / 1e6)}ms",
        kind=trial.kind,
    )


def _role_splits(trials):
    """A function that names how a trial's threads split into roles, or nothing where the thread count alone says it.

    One producer to three consumers and three to one are both four threads: they must not share a line. A sweep that has
    one split for each thread count (1 to 1, 1 to 3, 1 to 7) is one line.
    """
    seen = defaultdict(set)
    for t in trials:
        seen[t.workload, t.params, t.threads].add(t.roles)
    ambiguous = {(workload, params) for (workload, params, _), roles in seen.items() if len(roles) > 1}

    def split(trial):
        if (trial.workload, trial.params) not in ambiguous:
            return ""
        return role_split(trial)

    return split


def role_split(trial):
    """`1 producer,3 consumer`, whatever the number of threads."""
    divisor = gcd(*(n for _, n in trial.roles)) or 1
    return ",".join(f"{n // divisor} {role}" for role, n in trial.roles)


def _far_rule(trials, environments):
    """A predicate for trials whose processors were far apart, judged by the fastest trial on the same processors.

    A virtual machine's processors move between cores of the host, which changes the cost of a shared cache line several
    times over. Other processors are no measure: on a large machine they may be far for good.
    """
    def processors(trial):
        return environments[trial.environment].machine, frozenset(trial.granted)

    fastest = {}
    for t in trials:
        if t.line_ns is not None:
            fastest[processors(t)] = min(t.line_ns, fastest.get(processors(t), t.line_ns))
    return lambda t: t.line_ns is not None and t.line_ns > FAR * fastest[processors(t)]


def _figure(setting, trials, is_far, environments):
    groups, capacity = defaultdict(list), _capacity(setting, trials)
    for t in trials:
        groups[t.implementation, t.threads, t.copy].append(t)
    return Figure(
        setting=setting,
        points=tuple(_point(*key, group, is_far) for key, group in sorted(groups.items())),
        capacity=capacity,
        oversubscribed=tuple(sorted({t.threads for t in trials if t.oversubscribed})),
        borders=borders(setting.policy, capacity, environments[trials[0].environment].facts.get("topology", {})),
    )


def _point(implementation, threads, copy, trials, is_far):
    """The rule is the runner's own for its table (runner/summary.cpp): near and far are never mixed; trials with doubts
    are left out where enough are left without them, and used, and said to be, where not."""
    broken = any(t.verdict == "violated" for t in trials)  # an implementation that breaks sometimes has no speed
    held = [t for t in trials if t.verdict == "ok" and not broken]
    near, far = ([t for t in held if is_far(t) == wanted] for wanted in (False, True))

    def made_of(alike, **more):
        sure = [t for t in alike if not t.doubts]
        used = sure if len(sure) >= min(ENOUGH, len(alike)) else alike
        return Point(
            implementation=implementation,
            threads=threads,
            copy=copy,
            trials=tuple(measures.comparable(used)),
            failed=tuple(t for t in trials if t.verdict != "ok" or broken),
            left_out_far=len(held) - len(alike),
            set_aside=() if len(used) == len(alike) else tuple(t for t in alike if t.doubts),
            **more,
        )

    by_itself = made_of(far, only_far=True) if far else None
    return made_of(near, only_far=False, far=by_itself) if near or not far else by_itself


def _capacity(setting, trials):
    """Processors that the workers share: a policy may allow fewer than the machine has, which binding then shows."""
    granted = [len(set(t.granted)) for t in trials if t.granted and t.oversubscribed]
    return max(granted) if granted else setting.pus
