"""Reads the result files of syncbench: draws figures, makes tables, judges changes. Nothing here runs a benchmark.

From files to points: load and checks (lines to trials), points (what may be pooled), places (what can be compared with
itself), measures (what is looked at). To a figure: curves, across, histograms, matrix (numbers), captions (what a reader must
know), sheets, frame and layout (drawing), plots (one module a figure), gallery (all of them). To a table: summary, labels,
tables, exports. To a judgement: stats, comparison, calibration; history and history_index (the store), changepoints, last_run,
history_check. To a page: report. commands has one module a subcommand.
"""
