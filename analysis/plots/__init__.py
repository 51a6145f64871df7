"""The list of plots. To add one: a module here, and its name in `PLOTS`. A module has

NAME, HEADING   in file names, and in words
KIND            of the trials it shows
AXES            what of a setting lies along an axis of it: names of parameters, or "policy"; all else is held fixed
worth(group)    whether these settings (sheets.Group) are worth a picture; quick
compose(group)  the picture, as a sheets.Sheet
"""

from analysis.plots import ccdf, cpu, fairness, latency, placement, response, sections, speed_up, throughput, wake

PLOTS = [throughput, latency, ccdf, fairness, cpu, speed_up, sections, placement, wake, response]
