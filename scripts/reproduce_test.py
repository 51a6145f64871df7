"""Runs scripts/reproduce in a small made-up tree with stand-ins for both programs: what is asked for, in which order, what is
kept when it is interrupted, and that the index names everything that is there."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent

SET_UP = """#!/bin/sh
cd "$(dirname "$0")/.." && test ! -e broken || exit 3
mkdir -p build/bin && cp stand-in build/bin/syncbench && cp analyze build/bin/syncbench-analyze
"""

STAND_IN = """#!{python}
import os, pathlib, sys, time
arguments = sys.argv[1:]
if arguments == ["--version"]:
    print("syncbench", os.environ.get("VERSION", "1"))
    sys.exit(0)
with open(os.environ["CALLS"], "a") as calls:
    print("syncbench", *arguments, file=calls)
if "--dry-run" in arguments:
    print("2 points, 4 trials of 10 ms + 40 ms: about 6 s")
    sys.exit(0)
output = pathlib.Path(arguments[arguments.index("--output") + 1])
with open(output, "a") as file:
    print("{{}}", file=file)
slow = os.environ.get("SLOW")
if slow and output.stem == slow and "--resume" not in arguments:
    time.sleep(60)
sys.exit(int(os.environ.get("STATUS", "0")))
"""

ANALYZE = """#!{python}
import os, pathlib, sys
arguments = sys.argv[1:]
with open(os.environ["CALLS"], "a") as calls:
    print("analyze", *arguments, file=calls)
if arguments[0] == os.environ.get("FAILS"):
    sys.exit(2)
if arguments[0] == "plot":
    name = pathlib.Path(arguments[1]).stem
    for form in arguments[arguments.index("--formats") + 1].split(","):
        path = pathlib.Path(arguments[arguments.index("--output") + 1]) / f"{{name}}-throughput.{{form}}"
        path.write_text("figure")
        print(path)
elif "--output" in arguments:
    pathlib.Path(arguments[arguments.index("--output") + 1]).write_text("written")
print("text") if arguments[0] != "plot" else None
sys.exit(int(os.environ.get("COMPARED", "0")) if arguments[0] == "compare" else 0)
"""


class Tree:
    def __init__(self, folder):
        self.root, self.calls = folder / "a tree", folder / "calls"
        scripts = self.root / "scripts"
        scripts.mkdir(parents=True)
        for name in ("setup.sh", "reproduce"):
            shutil.copy(HERE / name, scripts / name)
        for name, text in (("scripts/syncbench", SET_UP), ("stand-in", STAND_IN.format(python=sys.executable)),
                           ("analyze", ANALYZE.format(python=sys.executable))):
            (self.root / name).write_text(text, encoding="utf-8")
            (self.root / name).chmod(0o755)
        self.output = self.root / "results" / "study-quick"

    def command(self, *arguments):
        return [str(self.root / "scripts" / "reproduce"), *arguments]

    def environment(self, **more):
        return {**os.environ, "CALLS": str(self.calls), **more}

    def run(self, *arguments, **more):
        return subprocess.run(self.command(*arguments), env=self.environment(**more), capture_output=True, text=True, timeout=60)

    def measured(self):
        calls = [line for line in self.calls.read_text().splitlines() if line.startswith("syncbench") and "--dry-run" not in line]
        return [re.search(r"records/(\S+)\.jsonl", line)[1] for line in calls]


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


def test_the_expected_time_comes_first_and_everything_is_in_the_index(tree):
    run = tree.run("--quick")
    assert run.returncode == 0, run.stderr
    first, second = run.stderr.splitlines()[:2]
    assert "expected: about two minutes" in first and "measuring takes about 0.7 minutes" in second
    index = (tree.output / "README.md").read_text()
    there = {str(path.relative_to(tree.output)) for path in tree.output.rglob("*") if path.is_file()}
    told = set(re.findall(r"^\| (\S+) \|", index, re.M)) - {"file"}
    extra = {"README.md", "report.html", "calibration.json", "report.txt"}
    assert told - extra == {name for name in there - extra if not name.endswith((".done", ".txt"))}
    assert "report.html" in there and "do not quote its numbers" in index


def test_the_full_study_is_longer_and_has_all_formats(tree):
    assert tree.run().returncode == 0
    assert {path.suffix for path in (tree.root / "results" / "study" / "figures").iterdir()} == {".pdf", ".svg", ".png"}
    assert len(tree.measured()) > len(set(tree.measured())) - 1 >= 7


def test_what_was_measured_is_not_measured_again(tree):
    tree.run("--quick")
    before = tree.measured()
    assert tree.run("--quick").returncode == 0
    assert tree.measured() == before


@pytest.mark.parametrize("arguments, version", [([], "1"), (["--quick"], "2")])
def test_nothing_is_added_to_what_another_build_measured_or_more_quickly(tree, arguments, version):
    folder = str(tree.output)
    assert tree.run("--quick", "--output", folder).returncode == 0
    before = {path: path.read_bytes() for path in tree.output.rglob("*.jsonl*")}
    done = tree.run(*arguments, "--output", folder, VERSION=version)
    assert done.returncode == 2 and "has the quick study by syncbench 1, and this is a" in done.stderr
    assert {path: path.read_bytes() for path in tree.output.rglob("*.jsonl*")} == before


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_study_goes_on_where_it_was(tree, number, status):
    with subprocess.Popen(tree.command("--quick"), env=tree.environment(SLOW="sections"), stderr=subprocess.PIPE, text=True) as run:
        while not (tree.output / "records" / "sections.jsonl").exists():
            time.sleep(0.05)
        run.send_signal(number)
        _, err = run.communicate(timeout=30)
    assert run.returncode == status and "goes on from here" in err
    assert tree.run("--quick", SLOW="sections").returncode == 0
    measured = tree.measured()
    assert measured.count("scaling") == 1 and measured.count("sections") == 2
    assert "--resume" in [line for line in tree.calls.read_text().splitlines() if "records/sections.jsonl" in line and "syncbench" in line][1]


@pytest.mark.parametrize("environment, status, words", [
    ({"STATUS": "1"}, 1, "done"), ({"STATUS": "5"}, 1, "done"), ({"COMPARED": "1"}, 1, "done"),
    ({"STATUS": "3"}, 3, "ended with 3"), ({"FAILS": "table"}, 3, "ended with 2"), ({"FAILS": "plot"}, 3, "could not be drawn")])
def test_what_it_ends_with(tree, environment, status, words):
    run = tree.run("--quick", **environment)
    assert run.returncode == status and words in run.stderr


def test_a_tree_that_cannot_be_built_is_exit_3(tree):
    (tree.root / "broken").touch()
    assert tree.run("--quick").returncode == 3


@pytest.mark.parametrize("arguments, words", [(["--fast"], "unknown option --fast"), (["--output"], "--output needs a folder"),
                                              (["--output", ""], "--output needs a folder")])
def test_wrong_use_is_one_line_and_exit_2(tree, arguments, words):
    run = tree.run(*arguments)
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (2, "", 1) and words in run.stderr
