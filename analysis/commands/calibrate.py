"""`syncbench-analyze calibrate`: the noise floor of this machine, and how often compare would be wrong on it."""

import json

from analysis import calibration, labels, tables
from analysis.commands import judging, reading, writing
from analysis.tables import Column, Table, as_count, as_percentage, as_ratio

NAME = "calibrate"
HELP = "compare equal things: how far they differ (the noise floor), and how often compare makes a false claim"


def add_arguments(parser):
    reading.add_arguments(parser)
    judging.add_rules(parser)
    parser.add_argument("-o", "--output", metavar="FILE",
                        help=f"also write the floors to FILE; compare looks for {calibration.FILE} beside what it compares")
    parser.add_argument("--format", choices=tables.FORMS, default="console", help="default: %(default)s")


def run(arguments):
    rules = judging.rules(arguments)
    if arguments.output:
        writing.refuse_inputs(arguments.output, reading.result_files(arguments.files))
    trials, environments = judging.read_side(arguments.files, arguments.salvage)
    found = calibration.calibrate(trials, environments, arguments.measures, rules)
    if arguments.output:
        text = json.dumps(calibration.as_json(found, rules), indent=1, allow_nan=False)
        writing.write(arguments.output, text.encode() + b"\n")
    print(tables.render(_table(found, rules), arguments.format), end="")
    return 0


def _table(found, rules):
    columns = [*labels.COLUMNS, Column("measure"), Column("comparisons", as_count), Column("least ratio", as_ratio),
               Column("most", as_ratio), Column("floor", as_percentage)]
    words = labels.by_place([floor.place for floor in found.floors])
    rows = [[*words[f.place], f.measure, len(f.ratios), min(f.ratios), max(f.ratios), f.value] for f in found.floors]
    return Table(columns, rows, _notes(found, rules), (*labels.FOLDABLE, "measure", "comparisons"))


def _notes(found, rules):
    compared = ", ".join(f"{n} {kind}" for kind, n in found.kinds.items())
    notes = [f"Compared: {compared}. The floor is what 95 % of a point's comparisons stayed below, or the largest of fewer than "
             "twenty.",
             f"False alarms at alpha {rules.alpha:g} and a threshold of {rules.threshold:.1%}: {found.claims} of {found.rows} "
             f"rows, in {found.tables_with_claims} of {found.tables} tables."]
    if found.mute:
        notes.append(f"Not counted: {found.mute} rows of too few values for any claim. More repetitions, or more runs, would count.")
    if "pairs of runs" not in found.kinds:
        notes.append("One run: what differs from run to run does not show; give the files of several.")
    return notes
