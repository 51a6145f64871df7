"""The list of plots. To add one: a module here with `NAME`, `KIND` (of the trials it shows) and
`draw(figure, width)`, and its name in `PLOTS`.
"""

from analysis.plots import latency, throughput

PLOTS = [throughput, latency]
