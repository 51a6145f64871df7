"""The report: one HTML page that holds all that a run can tell, works from a file, and asks nothing of any network.

`page.page(study)` makes it of plain data; each section is a module that turns a part of the study into markup. Markup is
made by `markup.h` alone, which escapes: a name from a record is text wherever it ends up.
"""
