"""Operations per second against threads: does an implementation scale, and where does it collapse?"""

from analysis import baselines, captions, curves, frame
from analysis.across import Threads
from analysis.measures import MEASURES

NAME = "throughput"
HEADING = "Throughput against threads"
KIND = "throughput"
AXES = ()
RATE = MEASURES["throughput"].value_of


def worth(group):
    return True


def compose(group):
    figure = group.figure
    drawn = curves.curves(figure, RATE)
    log = curves.wants_log(drawn) or baselines.are_in(figure, drawn)  # they lie far above, and the ideal line is straight
    if log:
        drawn = curves.without_zeros(drawn)
    sentences = captions.caption(figure, drawn, RATE, "throughput")
    drawn, guides = baselines.split(figure, drawn)
    panel = frame.Panel("throughput (operations/s)", drawn, Threads(figure), log, guides=guides)
    return frame.sheet([panel], [*sentences, *baselines.sentences(guides)])
