"""All figures of the records inside the page, by workload, drawn by every processor there is.

Nothing is left out silently: beyond what a page can hold, a figure stands as its name and the command that draws it.
"""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from analysis import style
from analysis.report import vector
from analysis.report.markup import h, plural, scrolling

MOST = 250  # figures, which takes long enough
ROOM = 7 << 20  # bytes for all of them, so that the page stays below 10 MB
OPEN_UP_TO = 12  # figures on a page that are not folded away
WIDTH = "two"

_shared = []  # what the processes that draw inherit


def drawn(pictures):
    """SVG of each, None of those for which there is no room."""
    chosen = pictures[:MOST]
    workers = min(len(os.sched_getaffinity(0)), len(chosen))
    _shared[:] = chosen
    try:
        if workers < 2:
            found = list(map(_one, range(len(chosen))))
        else:
            with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
                found = list(pool.map(_one, range(len(chosen))))
    finally:
        _shared.clear()
    return _fitting(found) + [None] * (len(pictures) - len(chosen))


def _one(i):
    picture = _shared[i]
    with style.applied():
        return vector.inline(picture.draw(WIDTH), f"p{i}-", title(picture))


def _fitting(found):
    used, kept = 0, []
    for one in found:
        used += len(one)
        kept.append(one if used <= ROOM else None)
    return kept


def title(picture):
    """What a figure is, in words."""
    return ": ".join([picture.heading, " ".join((picture.group.setting.workload, *_others(picture)))])


def _others(picture):
    return [word for word in picture.words if word != picture.group.setting.workload]


def section(pictures, drawings):
    if not pictures:
        return [h("p", "These records are not enough for any figure.")]
    workloads = {}
    for picture, drawing in zip(pictures, drawings):
        workloads.setdefault(picture.group.setting.workload, []).append((picture, drawing))
    is_open = len(pictures) <= OPEN_UP_TO
    parts = [_workload(name, found, is_open or i == 0) for i, (name, found) in enumerate(workloads.items())]
    missing = sum(drawing is None for drawing in drawings)
    if missing:
        parts.insert(0, h("p", f"{missing} of {len(drawings)} figures are not on this page, which would be too large; their "
                          "names are here, and ", h("code", "syncbench-analyze plot"), " draws all of them.", class_="doubt"))
    return parts


def _workload(name, found, is_open):
    return h("details", h("summary", h("b", name), f" ({plural(len(found), 'figure')})"),
             [_figure(*one) for one in found], open=is_open, class_="workload")


def _figure(picture, drawing):
    if drawing is None:
        return h("p", f"{title(picture)}: not drawn here; ", h("code", f"syncbench-analyze plot --only {picture.plot} FILES"),
                 class_="nothing")
    return h("figure", h("figcaption", title(picture)),
             scrolling(title(picture), drawing, class_="paper"))
