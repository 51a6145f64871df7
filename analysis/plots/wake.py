"""Wake-up by place: when does the first of many waiters run after the shot, and when the last?"""

from statistics import median

from analysis import captions, curves, frame, histograms, load, stats
from analysis.across import Places

NAME = "wake"
HEADING = "Wake-up by place"
KIND = "latency"
AXES = ()


def worth(group):
    """One record is read again for it: what a workload times by place is the same in all."""
    shown = group.at(*group.crowds)
    widest = max((t for t in shown.trials if t.latency_ns), key=lambda t: t.threads, default=None)
    return widest is not None and any(len(found) > 1 for found in _by_place(load.whole(widest)).values())


def _by_place(record):
    """Of what else is timed: the lists, which go by place in an order."""
    series = record.get("series_ns", {})
    return {name: found for name, found in series.items() if isinstance(found, list)} if isinstance(series, dict) else {}


def compose(group):
    shown = group.at(*group.crowds)
    panels, sentences = [], []
    for n in group.crowds:
        for series, found in _curves(shown.at(n)).items():
            most = max(e.at for curve in found for e in curve.estimates)
            if most > 1:
                across = Places(most, f"place of the {series} in the order of waking")
                panels.append(frame.Panel("median from shot to run", curves.without_zeros(found), across, log=True, unit="s",
                                          heading=group.crowd(n)))
    drawn = [curve for panel in panels for curve in panel.curves]
    failures = [(name, p.threads, p.why_failed) for name, series in shown.series.items() for p in series if not p.trials]
    return frame.sheet(panels, captions.around(shown, captions.bands(drawn), captions.missing(failures),
                                               "Each trial gives the median of its times for each place in the order of waking."))


def _curves(group):
    """By what is timed: a curve over the places for each implementation that has a number."""
    samples = {}  # series -> implementation -> place -> values in s
    for name, series in group.series.items():
        for trial in (t for p in series for t in p.trials if t.latency_ns):
            for timed, found in _by_place(load.whole(trial)).items():
                for place, one in enumerate(found, 1):
                    value = histograms.value(trial, one, "p50")
                    if value is not None:
                        samples.setdefault(timed, {}).setdefault(name, {}).setdefault(place, []).append(value * 1e-9)
    return {timed: [curves.Curve(name, tuple(_estimate(*one) for one in sorted(places.items())), ())
                    for name, places in found.items()] for timed, found in samples.items()}


def _estimate(place, values):
    return curves.Estimate(place, median(values), stats.median_interval(values), len(values))
