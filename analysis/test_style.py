"""Looks: fixed, distinct, legible in grey."""

from itertools import combinations

import matplotlib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D

from analysis import style
from analysis.style import look_of

NAMES = ("ttas/backoff ttas/spin ttas/pause ttas/yield ticket/spin ticket/yield ticket/park ticket/spin-park "
         "tristate/park tristate/spin-park monitor/condvar std/mutex std/timed_mutex atomic/fetch_add none").split()


@pytest.mark.parametrize("one, other", combinations(NAMES, 2))
def test_two_implementations_never_look_the_same_even_in_grey(one, other):
    a, b = look_of(one), look_of(other)
    assert (a.marker, a.fill, a.dash) != (b.marker, b.fill, b.dash)


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
