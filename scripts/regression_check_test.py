"""Runs scripts/regression-check in a small made-up repository whose syncbench is a stand-in that writes made-up records.

The comparison itself is the real one: what is tested is that the right trees are built, that their runs alternate, and that
what came out of them decides the exit status.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from analysis.conftest import environment, trial  # noqa: E402  the path had to come first

# What a tree's own scripts/syncbench does: "builds", which means that the programs appear.
SET_UP = """#!/bin/sh
cd "$(dirname "$0")/.." && test ! -e broken || exit 3
mkdir -p build/bin && cp stand-in build/bin/syncbench
echo built "$PWD" >>"$CALLS"
"""

# Writes one run of two points at the rate that stands in the tree's file `rate`, and notes that it ran.
STAND_IN = """#!{python}
import json, os, pathlib, random, sys, time
tree = pathlib.Path(sys.argv[0]).resolve().parents[2]
arguments = sys.argv[1:]
if "--bad" in arguments:
    sys.exit("syncbench: unknown option --bad")
if "--dry-run" in arguments:
    print("2 points, 4 trials of 10 ms + 40 ms: about 1.5 s")
    sys.exit(0)
rate, status = (tree / "rate").read_text().split()
output = pathlib.Path(arguments[arguments.index("--output") + 1])
with open(os.environ["CALLS"], "a") as calls:
    print("ran", tree.name, output.parent.name, output.name, arguments[arguments.index("--seed") + 1], file=calls)
if status == "waits":
    time.sleep(60)
noise = random.Random(str(output))
records = json.loads((tree / "records").read_text())
for record in records[1:]:
    record["run"] = str(output)
    record["items_per_second"] = float(rate) * noise.uniform(0.99, 1.01)
output.write_text("".join(json.dumps(record) + "\\n" for record in records))
sys.exit(int(status))
"""

class Repository:
    def __init__(self, folder):
        self.tree, self.calls = folder / "a repository", folder / "calls"
        scripts = self.tree / "scripts"
        scripts.mkdir(parents=True)
        for name in ("setup.sh", "regression-check"):
            shutil.copy(HERE / name, scripts / name)
        self.write("scripts/syncbench", SET_UP)
        self.write("stand-in", STAND_IN.format(python=sys.executable))
        (self.tree / "analysis").symlink_to(HERE.parent / "analysis")
        self.write("records", json.dumps([environment(), trial(block=0), trial(threads=4, block=1)]))
        self.write(".gitignore", "/build/\n/results/\n")
        self.rate("1e6")
        self.git("init", "--quiet")
        self.first = self.commit()

    def write(self, name, text):
        (self.tree / name).write_text(text, encoding="utf-8")
        (self.tree / name).chmod(0o755)

    def rate(self, rate, status=0):
        self.write("rate", f"{rate} {status}")

    def git(self, *words):
        names = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost", "-c", "commit.gpgsign=false"]
        return subprocess.run(["git", *names, *words], cwd=self.tree, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "a state")
        return self.git("rev-parse", "HEAD")

    @property
    def environment(self):
        return {**os.environ, "CALLS": str(self.calls), "PYTHONDONTWRITEBYTECODE": "1"}

    def check(self, *arguments):
        command = [str(self.tree / "scripts" / "regression-check"), *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=120)

    def called(self, word):
        return [line.split()[1:] for line in self.calls.read_text().splitlines() if line.startswith(word)]


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path)


def test_a_slower_tree_is_exit_1_and_its_points_are_named(repository):
    repository.rate("0.8e6")
    run = repository.check("HEAD", "--pairs", "6")
    assert run.returncode == 1, run.stderr
    assert run.stdout.count(" slower") >= 2 and "2 slower." in run.stdout
    assert "about 0.9 minutes" in run.stderr  # twice six runs of three selections


def test_an_equal_tree_is_exit_0(repository):
    run = repository.check("HEAD", "--pairs", "6")
    assert run.returncode == 0, run.stderr


def test_two_revisions_are_compared_whatever_the_tree_is(repository):
    repository.rate("0.7e6")
    second = repository.commit()
    repository.rate("5e6")
    assert repository.check(repository.first, "--new", second, "--pairs", "6").returncode == 1
    assert repository.check(second, "--new", repository.first, "--pairs", "6").returncode == 0


def test_the_runs_alternate_in_pairs_of_one_name_and_seed_in_a_drawn_order(repository, tmp_path):
    repository.check("HEAD", "--pairs", "8", "--seed", "3", "--output", str(tmp_path / "out"), "--", "-w", "counter")
    ran = repository.called("ran")
    sides = [(line[-3], line[-2], line[-1]) for line in ran]
    pairs = [sides[i:i + 2] for i in range(0, 16, 2)]
    assert all({side for side, _, _ in pair} == {"base", "new"} for pair in pairs)
    assert all(pair[0][1:] == pair[1][1:] for pair in pairs), "the same file name and seed on both sides"
    assert len({pair[0][0] for pair in pairs}) == 2, "neither always goes first"
    assert len({pair[0][2] for pair in pairs}) == 8
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["base", "new"]


def test_a_selection_is_run_by_both_sides_right_after_each_other(repository, tmp_path):
    repository.check("HEAD", "--pairs", "6", "--output", str(tmp_path / "out"))
    names = [line[-2] for line in repository.called("ran")]
    assert names[0::2] == names[1::2] == [f"{pair:03d}-{part}.jsonl" for pair in range(1, 7) for part in range(3)]


def test_a_machine_that_drifts_hides_no_loss(repository):
    """Ten times as fast at the end as in the beginning, for both alike."""
    repository.write("stand-in", STAND_IN.format(python=sys.executable).replace("float(rate)", "float(rate) * drift").replace(
        "noise = ", "drift = 10 ** (int(output.name[:3]) / 12)\nnoise = "))
    repository.commit()
    assert repository.check("HEAD", "--pairs", "12").returncode == 0
    repository.rate("0.8e6")
    assert repository.check("HEAD", "--pairs", "12").returncode == 1


def test_the_base_is_made_once_and_left_as_it_was(repository):
    for _ in range(2):
        assert repository.check(repository.first, "--pairs", "6").returncode == 0
        shutil.rmtree(repository.tree / "results")
    base = repository.tree / "build" / "revisions" / repository.first[:12]
    assert (base / ".git").is_dir()
    assert repository.git("worktree", "list").count("\n") == 0
    assert [line[-1].endswith(repository.first[:12]) for line in repository.called("built")] == [False, True] * 2


def test_a_dry_run_builds_what_is_judged_and_says_how_long_it_takes(repository):
    run = repository.check("HEAD", "--dry-run")
    assert run.returncode == 0 and "about 3.8 minutes: 25 runs of each" in run.stderr
    assert len(repository.called("built")) == 1 and not repository.called("ran")
    assert not (repository.tree / "build" / "revisions").exists()


def test_a_branch_that_only_the_origin_has_is_found(repository, tmp_path):
    copy = tmp_path / "copy"
    repository.git("branch", "old")
    subprocess.run(["git", "clone", "--quiet", str(repository.tree), str(copy)], check=True)
    (copy / "analysis").unlink(missing_ok=True)
    (copy / "analysis").symlink_to(HERE.parent / "analysis")
    command = [str(copy / "scripts" / "regression-check"), "old", "--dry-run"]
    assert subprocess.run(command, env=repository.environment, capture_output=True).returncode == 0


@pytest.mark.parametrize("status, found", [(1, 0), (5, 0), (3, 3), (2, 2)])
def test_what_a_run_ends_with(repository, status, found):
    """Broken and hung trials are in the records and compare's business; a run that could not be completed is the end."""
    repository.rate("1e6", status)
    assert repository.check("HEAD", "--pairs", "6").returncode == found


@pytest.mark.parametrize("arguments, words", [
    ([], "BASE_REV is missing"),
    (["nowhere"], "'nowhere' is no revision"),
    (["HEAD", "--new", "nowhere"], "'nowhere' is no revision"),
    (["HEAD", "HEAD"], "one BASE_REV"),
    (["HEAD", "--pairs", "5"], "--pairs 5: six to 999"),
    (["HEAD", "--pairs"], "--pairs needs a value"),
    (["HEAD", "--pairs", "-1"], "--pairs -1"),
    (["HEAD", "--seed", "x"], "--seed x"),
    (["--frequency", "HEAD"], "unknown option --frequency"),
    (["HEAD", "--threshold", "5"], "'5' is no percentage"),
    (["HEAD", "--alpha", "2"], "'2' is not between 0 and 1"),
    (["HEAD", "--measures", "speed"], "'speed' is none of throughput"),
])
def test_wrong_use_is_one_line_and_exit_2(repository, arguments, words):
    run = repository.check(*arguments)
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (2, "", 1)
    assert words in run.stderr


def test_options_that_syncbench_refuses_end_it_before_anything_is_measured(repository):
    run = repository.check("HEAD", "--", "--bad")
    assert run.returncode == 2 and "unknown option --bad" in run.stderr
    assert not (repository.tree / "results").exists()


def test_results_that_are_there_are_not_mixed_with_new_ones(repository, tmp_path):
    (tmp_path / "out" / "base").mkdir(parents=True)
    run = repository.check("HEAD", "--output", str(tmp_path / "out"))
    assert run.returncode == 2 and "has results already" in run.stderr


def test_a_base_that_cannot_be_built_is_exit_3(repository):
    repository.write("broken", "")
    broken = repository.commit()
    (repository.tree / "broken").unlink()
    run = repository.check(broken)
    assert run.returncode == 3 and "could not be built" in run.stderr


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_keeps_what_was_measured_and_leaves_nobody_behind(repository, number, status):
    repository.rate("1e6", "waits")
    second = repository.commit()
    command = [str(repository.tree / "scripts" / "regression-check"), second, "--output", str(repository.tree / "out")]
    with subprocess.Popen(command, env=repository.environment, stderr=subprocess.PIPE, text=True) as run:
        while not repository.calls.exists() or not repository.called("ran"):
            time.sleep(0.05)
        run.send_signal(number)
        _, err = run.communicate(timeout=30)
    assert run.returncode == status
    assert "what was measured is in" in err
    assert str(repository.tree / "build") not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
