"""Contests in words. A winner is called one only where the records prove it; a tie is called a tie."""

from analysis import captions, points
from analysis.report.markup import h, join, plural
from analysis.tables import as_number, as_ratio

MOST_NAMED = 4  # rivals in a sentence, before it says how many more there are


def quantity(measure, value):
    """A number with its unit: times in seconds with a prefix."""
    if measure.unit == "ns":
        return f"{as_number(value * 1e-9)}s"
    if measure.unit == "ns/operation":
        return f"{as_number(value * 1e-9)}s an operation"
    return f"{as_number(value)}/s" if measure.unit == "operations/s" else as_ratio(value)


def name(contest, implementation, rows):
    """An implementation, linked to its row in the result table if it has one."""
    place = rows.get(contest.line_of(implementation))
    return h("a", implementation, href=f"#{place}", class_="impl") if place else h("b", implementation, class_="impl")


def names(contest, implementations, rows):
    shown = join([name(contest, one, rows) for one in implementations[:MOST_NAMED]], ", ")
    more = len(implementations) - MOST_NAMED
    return join([shown, f" and {more} more"]) if more > 0 else shown


def tied(contest):
    """The leader and who is tied with it."""
    return [contest.leader.implementation, *(row.place.implementation for row in contest.rivals)]


def brief(contest, rows):
    """For a cell: who, and how many times the reference."""
    if contest.outcome == "nobody":
        return join([h("span", "no winner", class_="tie"), f" among {len(contest.points)}; best median ",
                     name(contest, contest.leader.implementation, rows)])
    word = {"winner": "", "alone": "only ", "equal": "equal: ", "tie": "tie: "}[contest.outcome]
    times = _times(contest)
    return join([h("span", word, class_="tie") if word else None, names(contest, tied(contest), rows),
                 h("span", " ", times, class_="times") if times and contest.outcome == "winner" else None])


def sentence(contest, rows):
    """All that is known of a contest, in a line or three."""
    return join([_claim(contest, rows), _ratio(contest), _next(contest, rows), _price(contest), _missing(contest)])


def _claim(contest, rows):
    leader = name(contest, contest.leader.implementation, rows)
    number = f"{contest.measure.label} {quantity(contest.measure, contest.value)}"
    others = names(contest, tied(contest)[1:], rows)
    return {"winner": lambda: join([leader, f" wins: {number}."]),
            "alone": lambda: join([leader, f" is the only one with a number: {number}."]),
            "equal": lambda: join([leader, f" leads with {number}, but ", others, " are as good (within 3 %)."]),
            "tie": lambda: join(["A tie: ", leader, f" has the best median ({number}) and is not told apart from ", others, "."]),
            "nobody": lambda: join([f"No winner: nobody of the {len(contest.points)} is told apart; ", leader,
                                    f" has the best median ({number})."])}[contest.outcome]()


def _times(contest):
    ratio = contest.to_reference
    if ratio is None:
        return None
    ends = f" {_range(ratio.interval.low, ratio.interval.high)}" if ratio.trials > 1 else ""
    return f"{_number(ratio.value)}\N{MULTIPLICATION SIGN} {contest.reference.implementation}{ends}"


def _ratio(contest):
    times = _times(contest)
    if times is None:
        return None
    return f" {'Rate' if contest.measure.better > 0 else 'Latency'}: {times}."


def _next(contest, rows):
    """Against the best of the others, where that is not the reference, of which the sentence before speaks."""
    if contest.outcome != "winner":
        return None
    row = contest.rows[0]
    reference = contest.reference
    if row.interval is None or (reference and row.place.implementation == reference.implementation):
        return None
    return join([f" {_number(row.ratio)}\N{MULTIPLICATION SIGN} the next, ", name(contest, row.place.implementation, rows),
                 f" {_range(*row.interval)}."])


def _number(ratio):
    """Two decimals would make nothing of a latency that is a thousandth."""
    return f"{ratio:.2f}" if ratio >= 0.1 or ratio == 0 else f"{ratio:.2g}"


def _range(low, high):
    return f"[{_number(low)}, {_number(high)}]"


def _price(contest):
    """Why the fastest may be the wrong one."""
    if contest.outcome == "nobody":
        return None
    words = {"jain": "it shares unevenly", "cpu": "it takes more processor time"}
    found = [f" {contest.leader.implementation} pays: {words[measure.name]}, {_short(measure)} {quantity(measure, own)}, "
             f"where {best} has {quantity(measure, value)}." for measure, own, best, value in contest.costs()]
    return h("span", found, class_="price") if found else None


def _short(measure):
    return "Jain's index" if measure.name == "jain" else ""


def _missing(contest):
    parts = []
    if contest.broken:
        some = ", ".join(f"{one} ({why})" for one, why in contest.broken[:MOST_NAMED])
        more = len(contest.broken) - MOST_NAMED
        parts.append(f" Not in it: {some}{f' and {more} more' if more > 0 else ''}.")
    if contest.apart:
        parts.append(f" On far processors alone, so not comparable: {', '.join(contest.apart[:MOST_NAMED])}"
                     f"{' and more' if len(contest.apart) > MOST_NAMED else ''}.")
    if contest.leader.doubtful:
        parts.append(" Rests on doubtful trials.")
    if contest.leader.only_far:
        parts.append(" All trials here ran on far processors.")
    return h("span", parts, class_="missing") if parts else None


def crowd(contest):
    return plural(contest.threads, "thread")


def method(contests):
    """What the brackets and the claims rest on."""
    counts = sorted({ratio.trials for one in contests if (ratio := one.to_reference)})
    sentences = ["Who leads has the best median; it is called the winner only if every other is proven to be worse: by more than "
                 "3 %, with an interval that excludes 1, at 5 % adjusted by Holm over all that ran there (a comparison with the "
                 "best, Hsu 1984)."]
    if counts and counts[-1] > 1:
        sentences.append(f"Ratios to the reference are medians of ratios inside blocks; brackets: "
                         f"{captions.interval(counts, 'blocks')}. Ratios to the next are Hodges and Lehmann's, with 95 % "
                         "intervals by the bootstrap.")
    few = [one for one in contests if any(row.interval is None for row in one.rows)]
    if few:
        sentences.append(f"In {len(few)} of {len(contests)} contests a side has fewer than four values, and nothing can be "
                         "proven: measure with more repetitions (-r 10).")
    return " ".join(sentences)


def settings(found):
    """By setting: workload, and what tells it from the others of that workload."""
    parts = points.labels(found)
    return {setting: (setting.workload, " ".join(word for word in words if word and word != setting.workload))
            for setting, words in zip(found, parts)}
