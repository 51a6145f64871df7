"""Looks: fixed, distinct, legible in grey."""

import re
from pathlib import Path

import matplotlib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D

from analysis import style
from analysis.style import look_of

LISTED = Path(__file__).parents[1] / "primitives" / "IMPLEMENTATIONS.md"  # a test of its own keeps it true


def by_primitive():
    """Names of all implementations, as the headings of the list part them."""
    sections = re.split(r"^## (.+)$", LISTED.read_text(), flags=re.MULTILINE)[1:]
    return {name: re.findall(r"^\| `(.+?)` \|", rows, re.MULTILINE) for name, rows in zip(sections[::2], sections[1::2])}


@pytest.mark.parametrize("seen", ["in grey", "by its marker alone"])
@pytest.mark.parametrize("primitive", by_primitive())
def test_two_implementations_of_a_primitive_never_look_the_same(primitive, seen):
    names = set(by_primitive()[primitive])
    assert len(names) > 5
    if seen == "by its marker alone":
        names -= {"ticket/proportional"}  # the seventh of its algorithm: there are six ways to fill a marker
    looks = {name: look_of(name) for name in names}
    found = {(look.marker, look.fill, look.dash if seen == "in grey" else look.colour) for look in looks.values()}
    assert len(found) == len(names)


def test_families_look_like_what_stands_for_them():
    for family, mutex in (("spin", "ttas"), ("ticket", "ticket"), ("futex", "tristate"), ("condvar", "monitor"), ("std", "std")):
        assert (look_of(family).colour, look_of(family).marker) == (look_of(f"{mutex}/x").colour, look_of(f"{mutex}/x").marker)


def test_the_algorithm_chooses_colour_and_marker_and_the_wait_the_dash():
    assert (look_of("ticket/spin").colour, look_of("ticket/spin").marker) == (
        look_of("ticket/park").colour, look_of("ticket/park").marker)
    assert look_of("ticket/park").dash == look_of("tristate/park").dash != look_of("ticket/spin").dash


def test_an_unknown_name_looks_the_same_in_every_process():
    """Fixed by value: a slot that moves would recolour figures that are already in print."""
    assert look_of("hemlock/mwait") == style.Look(style.SKY, "d", (0, (2, 1)), "none")


@given(st.text())
def test_every_name_can_be_drawn(name):
    Line2D([0, 1], [0, 1], **look_of(name).line)


def test_no_colour_vanishes_on_white_paper():
    for colour in (*style.COLOURS, *(c for c, _ in style.ALGORITHMS.values())):
        red, green, blue = to_rgb(colour)
        assert 0.299 * red + 0.587 * green + 0.114 * blue < 0.7


def test_unknown_algorithms_do_not_borrow_the_marker_of_a_known_one():
    assert not {m for _, m in style.ALGORITHMS.values()} & set(style.OTHER_MARKERS)


def test_the_users_own_settings_do_not_reach_our_figures():
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "text.usetex": True}):
        with style.applied():
            assert matplotlib.rcParams["font.size"] == 8
            assert matplotlib.rcParams["axes.facecolor"] == "white"
            assert not matplotlib.rcParams["text.usetex"]
