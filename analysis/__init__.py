"""Reads the result files of syncbench and draws figures from them. Nothing here runs a benchmark.

From a file to a figure: load (lines to trials), points (what may be pooled), curves (medians and intervals), captions
(what a reader must know), frame and layout (drawing), plots (one module a figure), commands (one module a subcommand).
"""
