"""The program as a user or a script meets it: exit codes, streams, files and records of real runs with tiny windows.

SYNCBENCH names the binary. What is checked are outcomes and forms, never how fast anything is. The runs bind threads to
processor 0 or to none where it does not matter, so that they work on one processor too.
"""

import csv
import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

SYNCBENCH = Path(os.environ.get("SYNCBENCH", "build/bin/syncbench")).resolve()
SOURCE = Path(__file__).resolve().parent.parent
COMPARE = Path("/usr/share/benchmark/compare.py")
QUICK = ["--duration", "5ms", "--warmup", "0", "-r", "1", "--no-plot"]
LONG = ["--duration", "5s", "--warmup", "0", "-r", "100", "--no-plot"]

VALIDATOR = jsonschema.Draft202012Validator(json.loads((SOURCE / "results" / "schema.json").read_text()))


def run(*arguments, cwd, env=None, prefix=(), timeout=120):
    """Runs to the end, with the topology of this system unless `env` says otherwise."""
    environment = {k: v for k, v in os.environ.items() if k not in ("HWLOC_SYNTHETIC", "HWLOC_XMLFILE", "NO_COLOR")}
    environment.update(env or {})
    return subprocess.run(
        [*prefix, SYNCBENCH, *map(str, arguments)], cwd=cwd, env=environment, timeout=timeout, capture_output=True, text=True
    )


def strict(text):
    """JSON without the extensions that Python accepts."""

    def refuse(word):
        raise ValueError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)


def lines_of(path):
    text = Path(path).read_text()
    assert text == "" or text.endswith("\n"), "the last line is broken"
    return [strict(line) for line in text.splitlines()]


def trials_of(path):
    return [line for line in lines_of(path) if line["record"] == "trial"]


def validate(lines):
    assert lines, "nothing was recorded"
    for line in lines:
        VALIDATOR.validate(line)
    ids = {line["id"] for line in lines if line["record"] == "environment"}
    assert {line["environment"] for line in lines if line["record"] == "trial"} <= ids


def identity(trial):
    keys = ("kind", "workload", "implementation", "threads", "roles", "params", "repetition", "copy")
    return json.dumps([trial[key] for key in keys] + [trial["placement"]["policy"]], sort_keys=True)


def start(*arguments, cwd):
    return subprocess.Popen(
        [SYNCBENCH, *arguments], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for_trials(path, count, process):
    """Until the file holds `count` finished trials."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if path.exists() and path.read_text().count('"record":"trial"') >= count:
            return
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.02)
    pytest.fail(f"{path} never held {count} trials")


# Exit codes and the one line


def test_a_run_that_measured_everything_exits_with_0(tmp_path):
    done = run("-w", "counter", "-i", "std,spin", "-t", "1,2", *QUICK, "-o", "out.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "results  out.jsonl" in done.stdout
    for name in ("std/mutex", "ttas/backoff"):
        assert name in done.stdout
    validate(lines_of(tmp_path / "out.jsonl"))


def test_the_control_is_caught_and_exits_with_1(tmp_path):
    done = run("-w", "counter", "-i", "none", "-t", "2", "--duration", "200ms", "--warmup", "0", "-r", "3", "--latency", "off",
               "--no-plot", "-o", "out.jsonl", cwd=tmp_path)  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "violated" in done.stdout
    lines = lines_of(tmp_path / "out.jsonl")
    validate(lines)
    caught = [trial for trial in trials_of(tmp_path / "out.jsonl") if trial["verdict"] == "violated"]
    assert caught
    for trial in caught:
        assert "items_per_second" not in trial
        assert "increments" in trial["reason"]


CIRCLE = re.compile(r"DEADLOCK: worker \d+ holds account \d+ and waits for account \d+(; worker \d+ holds account \d+ and waits "
                    r"for account \d+)+$", re.MULTILINE)  # fmt: skip


def is_a_circle(reason):
    """Whether each waits for what the next one holds, and the last for what the first one does."""
    assert CIRCLE.fullmatch(reason), reason
    steps = re.findall(r"worker (\d+) holds account (\d+) and waits for account (\d+)", reason)
    workers, held, wanted = zip(*steps)
    return len(set(workers)) == len(workers) and wanted == held[1:] + held[:1]


@pytest.mark.parametrize("more", [["-t", "2"], ["-t", "8"], ["-t", "8", "--placement", "one"],
                                  ["-t", "2", "--timeout", "100ms"]], ids=" ".join)
def test_a_deadlock_is_told_with_its_circle_and_exits_with_5(more, tmp_path):
    begin = time.monotonic()
    done = run("-w", "lock-order", "--set", "order=inconsistent", "-i", "std/mutex,ttas/backoff,ttas/pause", *more, "--duration",
               "200ms", "--warmup", "0", "-r", "1", "--no-plot", "-o", "out.jsonl", cwd=tmp_path)  # fmt: skip
    took = time.monotonic() - begin
    assert done.returncode == 5, done.stdout + done.stderr
    validate(lines_of(tmp_path / "out.jsonl"))
    trials = trials_of(tmp_path / "out.jsonl")
    assert {trial["kind"] for trial in trials} == {"throughput", "latency"}
    for trial in trials:
        assert trial["verdict"] == "hang" and "operations" not in trial
        assert is_a_circle(trial["reason"]), trial["reason"]
    assert "hang" in done.stdout and CIRCLE.search(done.stdout), done.stdout
    assert took < 5 * len(trials), "the watchdog's patience of ten seconds was waited for"


def test_one_worker_or_an_order_is_no_deadlock(tmp_path):
    for more in (["--set", "order=inconsistent", "-t", "1"], ["--set", "order=back-off,consistent", "-t", "4"]):
        done = run("-w", "lock-order", "-i", "std/mutex,ttas/backoff", *more, *QUICK, "-o", "out.jsonl", cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr


BAD = [
    (["--threads", "0"], ["--threads", "'0'", "1 to"]),
    (["--threads", "1000000000"], ["--threads", "'1000000000'", "1 to"]),
    (["--threads", "-1"], ["--threads", "'-1'", "1 to"]),
    (["--threads", "1,x"], ["--threads", "'x'", "whole number"]),
    (["--duration", "5"], ["--duration", "'5'", "unit"]),
    (["--duration", "-1s"], ["--duration", "'-1s'", "1 ms to"]),
    (["--duration", "5x"], ["--duration", "'5x'", "ms"]),
    (["--duration", "nan"], ["--duration", "'nan'", "ms"]),
    (["--duration", "0"], ["--duration", "'0'", "1 ms to"]),
    (["-r", "0"], ["--repetitions", "'0'", "1 to"]),
    (["--until-ci", "2"], ["--until-ci", "'2'", "such as 2%"]),
    (["--until-ci", "0.05%"], ["--until-ci", "'0.05%'", "0.1% to 50%"]),
    (["--until-ci", "60%"], ["--until-ci", "'60%'", "0.1% to 50%"]),
    (["--set", "capacity=0"], ["--set capacity", "'0'", "1 to"]),
    (["--set", "capacity="], ["--set capacity", "''"]),
    (["--set", "capactiy=3"], ["--set", "'capactiy'", "capacity"]),
    (["--set", "capacity"], ["--set", "'capacity'", "KEY=VALUE"]),
    (["--set", "producers=0"], ["--set producers", "'0'", "1 to"]),
    (["--critical", "5"], ["critical", "'5'", "unit"]),
    (["--workload", "prodcson"], ["--workload", "'prodcson'", "prodcons"]),
    (["--impl", "nope"], ["--impl", "'nope'", "--list implementations"]),
    (["--impl", "nope/*"], ["--impl", "'nope/*'", "matches no"]),
    (["--placement", "nowhere"], ["placement", "'nowhere'", "compact"]),
    (["--placement", "list:100000"], ["placement", "'list:100000'"]),
    (["--roles", "mixed"], ["--roles", "'mixed'", "interleaved, grouped"]),
    (["--shard", "3/2"], ["--shard", "'3'", "1 to 2"]),
    (["--format", "xml"], ["--format", "'xml'", "json"]),
    (["--latency", "some"], ["--latency", "'some'", "sampled"]),
    (["--color", "red"], ["--color", "'red'", "never"]),
    (["--time-limit", "5"], ["--time-limit", "'5'", "unit"]),
    (["--dur", "5s"], ["--dur", "no such option"]),
    (["--duratoin", "5s"], ["--duratoin", "--duration"]),
    (["--seed", "1", "--seed", "2"], ["--seed", "once"]),
    (["--config", "missing"], ["--config", "'missing'"]),
    (["--resume"], ["--resume", "--output"]),
    (["prodcons"], ["--workload"]),
    (["--benchmark_repetitions=3"], ["--benchmark_repetitions=3", "--repetitions"]),
    (["--benchmark_nonsense=3"], ["--benchmark_nonsense=3"]),
    (["--benchmark_filter=nothing"], ["--benchmark_filter"]),
    (["-t", "1"], ["--threads", "producers and consumers"]),
    (["--workload", "counter", "--set", "locks=0"], ["--set locks", "'0'", "1 to 65536"]),
    (["--workload", "counter", "--set", "locks=65537"], ["--set locks", "'65537'", "1 to 65536"]),
    (["--workload", "counter", "--set", "skew=steep"], ["--set skew", "'steep'", "uniform, zipf"]),
    (["--workload", "lock-order", "--set", "accounts=1"], ["--set accounts", "'1'", "2 to 65536"]),
    (["--workload", "lock-order", "--set", "accounts=1e9"], ["--set accounts", "'1e9'", "whole number"]),
    (["--workload", "lock-order", "--set", "order=none"], ["--set order", "'none'", "consistent, inconsistent, back-off"]),
]


@pytest.mark.parametrize("arguments, words", BAD, ids=[" ".join(bad[0]) for bad in BAD])
def test_bad_input_is_one_line_exit_2_and_nothing_on_disk(arguments, words, tmp_path):
    workload = [] if "--workload" in arguments else ["--workload", "prodcons"]
    done = run(*workload, *arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("syncbench: ") and done.stderr.count("\n") == 1, done.stderr
    for word in words:
        assert word in done.stderr
    assert os.listdir(tmp_path) == [], "something was written"


@pytest.mark.parametrize("output", ["missing/out.jsonl", "file/out.jsonl", "folder"])
def test_an_output_that_cannot_be_written_is_refused(output, tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    done = run("-w", "counter", *QUICK, "-o", output, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and f"--output: '{output}' cannot be written" in done.stderr


def test_a_full_disk_exits_with_3(tmp_path):
    done = run("-w", "counter", "-i", "std", "-t", "1", *QUICK, "-o", "/dev/full", cwd=tmp_path)
    assert done.returncode == 3
    assert "/dev/full" in done.stderr and "No space left" in done.stderr


def test_a_disk_that_fills_up_during_the_run_keeps_whole_lines_and_exits_with_3(tmp_path):
    limit = "trap '' XFSZ; ulimit -f 24; exec \"$@\""  # blocks of 1,024 bytes in bash
    done = run("-w", "counter", "-i", "std", "-t", "1", "--latency", "off", "--duration", "1ms", "--warmup", "0", "-r", "100",
               "--no-plot", "-o", "out.jsonl", cwd=tmp_path, prefix=["bash", "-c", limit, "bash"])  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "cannot be written" in done.stderr
    lines = lines_of(tmp_path / "out.jsonl")
    validate(lines)
    assert 1 < len(lines) < 101


def test_a_time_limit_exits_with_3_and_keeps_what_was_done(tmp_path):
    done = run("-w", "counter", "-i", "std", "-t", "1", "--latency", "off", "--duration", "300ms", "--warmup", "0", "-r", "1000",
               "--time-limit", "1s", "--no-plot", "-o", "out.jsonl", cwd=tmp_path)  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "--time-limit" in done.stderr and "--resume" in done.stderr
    validate(lines_of(tmp_path / "out.jsonl"))
    assert 0 < len(trials_of(tmp_path / "out.jsonl")) < 1000


@pytest.mark.parametrize("sent, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_keeps_finished_trials(sent, code, tmp_path):
    out = tmp_path / "out.jsonl"
    process = start("-w", "counter", "-i", "std,spin", "-t", "1", "--latency", "off", "--duration", "200ms", "--warmup", "0", "-r",
                    "1000", "--no-plot", "-o", str(out), cwd=tmp_path)  # fmt: skip
    wait_for_trials(out, 2, process)
    process.send_signal(sent)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == code
    assert "interrupted" in errors and "--resume" in errors
    validate(lines_of(out))
    assert len(trials_of(out)) >= 2


def test_an_interrupted_long_trial_ends_at_once_and_is_not_recorded(tmp_path):
    out = tmp_path / "out.jsonl"
    process = start("-w", "counter", "-i", "std", "-t", "1", "--duration", "1000s", "-r", "1", "--no-plot", "-o", str(out),
                    cwd=tmp_path)  # fmt: skip
    while not out.exists() or not out.read_text():
        time.sleep(0.02)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert trials_of(out) == []


def test_two_runs_cannot_write_one_file(tmp_path):
    out = tmp_path / "out.jsonl"
    first = start("-w", "counter", "-i", "std", "-t", "1", *LONG, "-o", str(out), cwd=tmp_path)
    while not out.exists() or not out.read_text():
        assert first.poll() is None
        time.sleep(0.02)
    second = run("-w", "counter", "-i", "std", "-t", "1", *QUICK, "-o", out, cwd=tmp_path)
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=60)
    assert second.returncode == 2
    assert "another run" in second.stderr and str(out) in second.stderr
    validate(lines_of(out))


# Records


RUNS = {
    "all families of prodcons": ["-w", "prodcons", "-t", "2,4"],
    "many counters": ["-w", "counter", "-i", "spin,std,atomic", "-t", "2", "--set", "locks=1,100,65536", "--set", "skew=uniform,zipf"],
    "many accounts": ["-w", "lock-order", "-t", "1,4", "--set", "accounts=2,65536", "--set", "skew=uniform,zipf"],
    "counter with work": ["-w", "counter", "-i", "spin,std", "-t", "1,3", "--critical", "100ns", "--parallel", "1us", "--lines", "2"],
    "uneven roles": ["-w", "prodcons", "-i", "std,futex", "--set", "producers=1", "--set", "consumers=3", "--roles", "grouped"],
    "placements": ["-w", "counter", "-i", "std", "-t", "2", "--placement", "none", "--placement", "one", "--placement", "spread"],
    "every latency": ["-w", "prodcons", "-i", "std", "-t", "2", "--latency", "all"],
}  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
def test_every_line_is_well_formed(name, tmp_path):
    done = run(*RUNS[name], *QUICK, "-o", "out.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = lines_of(tmp_path / "out.jsonl")
    validate(lines)
    assert [line["record"] for line in lines].count("environment") == 1 and lines[0]["record"] == "environment"
    trials = trials_of(tmp_path / "out.jsonl")
    assert [trial["order"] for trial in trials] == list(range(len(trials)))
    for trial in trials:
        assert trial["verdict"] == "ok", trial["reason"]
        assert isinstance(trial["build"], str) and trial["build"]
        assert len(trial["worker_operations"]) == trial["threads"] == sum(trial["roles"].values())
        if trial["kind"] == "throughput":
            assert trial["items_per_second"] * trial["duration_s"] == pytest.approx(trial["operations"])
        granted = trial["placement"]["granted"]
        assert len(granted) == (0 if trial["placement"]["policy"] == "none" else trial["threads"])


def test_skipped_trials_are_well_formed_and_have_no_rate(tmp_path):
    done = run("-w", "counter", "-i", "atomic", "--critical", "100ns", "-t", "1", *QUICK, "-o", "out.jsonl", cwd=tmp_path)
    assert done.returncode == 3, "nothing was measured"
    validate(lines_of(tmp_path / "out.jsonl"))
    trials = trials_of(tmp_path / "out.jsonl")
    assert {trial["verdict"] for trial in trials} == {"skipped"}
    for trial in trials:
        assert "critical section" in trial["reason"] and "operations" not in trial


def test_taskset_restricts_the_placement(tmp_path):
    done = run("-w", "counter", "-i", "std", "-t", "2", *QUICK, "-o", "out.jsonl", cwd=tmp_path, prefix=["taskset", "-c", "0"])
    assert done.returncode == 0, done.stderr
    trials = trials_of(tmp_path / "out.jsonl")
    assert trials
    for trial in trials:
        assert trial["placement"]["granted"] == [0, 0]
        assert trial["placement"]["oversubscribed"]


def test_runs_are_appended(tmp_path):
    for _ in range(2):
        run("-w", "counter", "-i", "std", "-t", "1", *QUICK, "-o", "out.jsonl", cwd=tmp_path)
    lines = lines_of(tmp_path / "out.jsonl")
    validate(lines)
    assert len({line["id"] for line in lines if line["record"] == "environment"}) == 2


def test_the_seed_decides_the_order(tmp_path):
    orders = []
    for seed in (1, 1, 2):
        run("-w", "counter", "-i", "all", "-t", "1", "--latency", "off", *QUICK, "--seed", seed, "-o", f"{len(orders)}.jsonl",
            cwd=tmp_path)  # fmt: skip
        orders.append([identity(trial) for trial in trials_of(tmp_path / f"{len(orders)}.jsonl")])
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(orders[2])


# Resuming


CAMPAIGN = ["-w", "counter", "-i", "std,spin", "-t", "1,2", "--duration", "5ms", "--warmup", "0", "-r", "2", "--no-plot"]


def test_resume_completes_exactly_what_is_missing(tmp_path):
    whole, part = tmp_path / "whole.jsonl", tmp_path / "part.jsonl"
    assert run(*CAMPAIGN, "-o", whole, cwd=tmp_path).returncode == 0
    wanted = sorted(identity(trial) for trial in trials_of(whole))
    lines = whole.read_text().splitlines(keepends=True)
    part.write_text("".join(lines[:6]) + lines[6][:40])  # five trials and half of the sixth
    done = run(*CAMPAIGN, "-o", part, "--resume", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "5 of " in done.stderr and ":7: not a record" in done.stderr
    text = part.read_text().splitlines()
    assert [line + "\n" for line in text[:6]] == lines[:6], "what was there has changed"
    records = [strict(line) for number, line in enumerate(text) if number != 6]
    validate(records)
    assert sorted(identity(line) for line in records if line["record"] == "trial") == wanted
    assert len({line["seed"] for line in records if line["record"] == "trial"}) == 1, "the seed goes on too"


def test_resume_of_a_complete_file_runs_nothing_and_exits_with_0(tmp_path):
    out = tmp_path / "out.jsonl"
    run(*CAMPAIGN, "-o", out, cwd=tmp_path)
    before = trials_of(out)
    done = run(*CAMPAIGN, "-o", out, "--resume", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert trials_of(out) == before


def test_resume_goes_on_after_an_interruption(tmp_path):
    out = tmp_path / "out.jsonl"
    slow = ["-w", "counter", "-i", "std,spin", "-t", "1", "--latency", "off", "--duration", "100ms", "--warmup", "0", "-r", "4",
            "--no-plot", "-o", str(out)]  # fmt: skip
    process = start(*slow, cwd=tmp_path)
    wait_for_trials(out, 2, process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert run(*slow, "--resume", cwd=tmp_path).returncode == 0
    validate(lines_of(out))
    identities = [identity(trial) for trial in trials_of(out)]
    assert len(identities) == len(set(identities)) == 12  # two implementations, one of them twice, four repetitions


def test_resume_of_a_file_that_is_not_there_is_refused(tmp_path):
    done = run(*CAMPAIGN, "-o", "missing.jsonl", "--resume", cwd=tmp_path)
    assert done.returncode == 2
    assert "'missing.jsonl' cannot be read" in done.stderr
    assert os.listdir(tmp_path) == []


# Until the intervals are narrow


UNTIL = ["-w", "counter", "-i", "std,futex", "--latency", "off", "--warmup", "0", "--no-plot", "-o", "out.jsonl"]
NOISY = [*UNTIL, "-t", "2,4", "--duration", "1ms", "--until-ci", "0.1%"]  # never so narrow
STEADY = [*UNTIL, "-t", "1,2", "--duration", "5ms", "--placement", "one", "--critical", "100us", "--until-ci", "50%"]


def blocks_of(trials):
    blocks = {}
    for trial in trials:
        blocks.setdefault(trial["block"], []).append((trial["threads"], trial["implementation"], trial["copy"]))
    return blocks.values()


WIDE = re.compile(r"^ +(\S+)% +n = (\d+) +(counter/\S+)$", re.MULTILINE)


def test_trials_go_on_in_whole_blocks_until_the_rounds_are_spent_and_what_is_still_wide_is_named(tmp_path):
    done = run(*NOISY, "-r", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    trials = trials_of(tmp_path / "out.jsonl")
    for block in blocks_of(trials):
        assert sorted(name for _, name, _ in block) == ["std/mutex", "std/mutex", "tristate/backoff-park"]
        assert len({threads for threads, _, _ in block}) == 1
    assert len(trials) == 6 * 20 * 6, "as many rounds as six times twenty, of six trials each"
    assert "--until-ci 0.1%: 120 rounds are done, and 4 of 4 points are still wider:" in done.stderr
    widths = WIDE.findall(done.stderr)
    assert len(widths) == 4 and all(float(width) > 0.1 for width, _, _ in widths)


def test_trials_end_early_once_every_interval_is_narrow(tmp_path):
    done = run(*STEADY, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    trials = trials_of(tmp_path / "out.jsonl")
    assert 7 * 6 <= len(trials) < 140 * 6
    assert "every interval is narrow enough" in done.stderr and f"after {len(trials)} of up to 840 trials" in done.stderr
    assert "still wider" not in done.stderr
    assert all(len(block) == 3 for block in blocks_of(trials)), "a block is torn"


def test_a_time_limit_is_a_budget_once_every_point_has_its_repetitions(tmp_path):
    done = run(*NOISY, "-r", "6", "--time-limit", "4s", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "--time-limit is reached, and 4 of 4 points are still wider:" in done.stderr
    assert len(trials_of(tmp_path / "out.jsonl")) > 6 * 6
    short = run(*NOISY, "-r", "1000", "--time-limit", "300ms", "--resume", cwd=tmp_path)
    assert short.returncode == 3 and "--resume" in short.stderr and "still wider" not in short.stderr


def test_what_a_resumed_file_holds_counts_for_the_intervals(tmp_path):
    first = run(*STEADY, cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    text = (tmp_path / "out.jsonl").read_text()
    again = run(*STEADY, "--resume", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "every interval is narrow enough, after 0 of up to" in again.stderr
    assert trials_of(tmp_path / "out.jsonl") == [line for line in map(strict, text.splitlines()) if line["record"] == "trial"]


def test_a_resumed_run_goes_on_where_the_file_is_not_precise_enough(tmp_path):
    fixed = [word for word in NOISY if word not in ("--until-ci", "0.1%")]
    assert run(*fixed, "-r", "6", cwd=tmp_path).returncode == 0
    assert len(trials_of(tmp_path / "out.jsonl")) == 6 * 6
    done = run(*NOISY, "-r", "6", "--resume", "--time-limit", "2s", cwd=tmp_path)
    assert done.returncode == 0 and "still wider" in done.stderr
    assert len(trials_of(tmp_path / "out.jsonl")) > 6 * 6


def test_a_resumed_run_completes_the_block_that_was_torn(tmp_path):
    out = tmp_path / "out.jsonl"
    assert run(*STEADY, "-r", "10", cwd=tmp_path).returncode == 0
    lines = out.read_text().splitlines(keepends=True)
    out.write_text("".join(lines[: 1 + 6 * 7 + 1]))  # seven rounds and the first trial of the next
    assert run(*STEADY, "--resume", cwd=tmp_path).returncode == 0
    trials = trials_of(out)
    assert all(len(block) == 3 for block in blocks_of(trials)), "a block is torn"
    assert len({identity(trial) for trial in trials}) == len(trials)


def test_a_control_that_is_caught_holds_nobody_up(tmp_path):
    done = run("-w", "counter", "-i", "none", "-t", "2", "--latency", "off", "--duration", "100ms", "--warmup", "0", "--no-plot",
               "--until-ci", "0.1%", "-o", "out.jsonl", cwd=tmp_path)  # fmt: skip
    assert done.returncode == 1
    assert len(trials_of(tmp_path / "out.jsonl")) < 20


def test_a_plan_says_up_to(tmp_path):
    done = run("-w", "counter", "-i", "std", "-t", "1", "--until-ci", "2%", "--dry-run", cwd=tmp_path)
    assert "14 trials" in done.stdout and "up to 280 trials, about" in done.stdout
    shown, _ = on_a_terminal([*SMALL, "--until-ci", "50%"], tmp_path)
    assert re.search(r"\[1/up to 240\] up to \d+ s left +std/mutex", shown), shown


# Baselines


@pytest.mark.parametrize("workload", ["counter", "recursion", "permits"])
def test_the_empty_lock_on_one_thread_is_a_baseline_and_no_failure(workload, tmp_path):
    done = run("-w", workload, "-i", "ticket", "-t", "2", "--baselines", *QUICK, "-o", "out.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    trials = trials_of(tmp_path / "out.jsonl")
    validate(lines_of(tmp_path / "out.jsonl"))
    alone = {trial["implementation"]: trial for trial in trials if trial["threads"] == 1}
    assert {"none", "ticket/spin-park"} <= alone.keys()
    assert (alone["none"]["standing"], alone["none"]["verdict"]) == ("control", "ok")
    assert re.search(r"^ +none +1 .* ok baseline", done.stdout, re.MULTILINE)
    assert ("atomic/fetch_add" in alone) == (workload == "counter")


# What standard output shows


def test_output_to_a_dash_is_json_lines_and_nothing_else(tmp_path):
    done = run("-w", "counter", "-i", "std", "-t", "1", *QUICK, "-o", "-", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    validate([strict(line) for line in done.stdout.splitlines()])
    assert os.listdir(tmp_path) == []


def test_format_jsonl_is_json_lines_and_nothing_else(tmp_path):
    done = run("-w", "counter", "-i", "std", "-t", "1", *QUICK, "--format", "jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    validate([strict(line) for line in done.stdout.splitlines()])


def google_json(tmp_path, name):
    done = run("-w", "prodcons", "-i", "std,spin", "-t", "2", "--duration", "5ms", "--warmup", "0", "-r", "3", "--no-plot",
               "--format", "json", "-o", f"{name}.jsonl", cwd=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    (tmp_path / f"{name}.json").write_text(done.stdout)
    return strict(done.stdout)


def test_format_json_is_strict_json_that_agrees_with_the_records(tmp_path):
    report = google_json(tmp_path, "a")
    trials = trials_of(tmp_path / "a.jsonl")
    assert len(report["benchmarks"]) == len(trials)
    for row, trial in zip(report["benchmarks"], trials):
        assert row["threads"] == trial["threads"]
        assert row["iterations"] == trial["operations"]
        assert row["repetition_index"] == trial["repetition"]
        assert trial["implementation"] in row["name"] and "iterations:" not in row["name"] and "manual_time" not in row["name"]
        if trial["operations"] == 0:  # so short a window may see none; the library then divides by nothing
            continue
        assert row["real_time"] * row["iterations"] == pytest.approx(trial["duration_s"] * 1e9, rel=1e-6)
        if trial["kind"] == "throughput":
            assert row["items_per_second"] == pytest.approx(trial["items_per_second"], rel=1e-6)


@pytest.mark.skipif(not COMPARE.exists(), reason=f"{COMPARE} (Debian: libbenchmark-tools) is not installed")
def test_compare_py_reads_the_json(tmp_path):
    for name in ("a", "b"):
        google_json(tmp_path, name)
    compared = subprocess.run(["/usr/bin/python3", COMPARE, "benchmarks", "a.json", "b.json"], cwd=tmp_path, capture_output=True,
                              text=True, timeout=120)  # fmt: skip
    assert compared.returncode == 0, compared.stderr
    assert "prodcons/std/mutex" in compared.stdout


def test_format_csv_has_google_benchmarks_columns(tmp_path):
    done = run("-w", "counter", "-i", "std", "-t", "1", *QUICK, "--latency", "off", "--format", "csv", "-o", "o.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert list(rows[0])[:5] == ["name", "iterations", "real_time", "cpu_time", "time_unit"]
    assert int(rows[0]["iterations"]) == trials_of(tmp_path / "o.jsonl")[0]["operations"]


# What prints and stops


PRINTS = {
    ("--help",): ["--workload", "--until-ci", "--baselines", "Exit:"],
    ("--version",): ["syncbench "],
    ("--list",): ["workloads", "prodcons", "std/mutex", "compact", "fairness_jain"],
    ("--list", "workloads"): ["prodcons", "counter"],
    ("--list", "implementations"): ["ticket/park", "std/mutex"],
    ("--list", "families"): ["futex", "breakable barrier", "tristate/backoff-park"],
    ("--list", "placements"): ["compact", "hwloc:"],
    ("--list", "metrics"): ["items_per_second", "fairness_jain", "lower is better"],
    ("--describe", "prodcons"): ["capacity", "invariant", "latency", "operation", "consumer"],
    ("--describe", "ticket/park"): ["FIFO", "ticket"],
    ("--env",): ["kernel", "compiler", "hardware counters", "energy counters", "timer resolution ns"],
    ("--env-check",): [],
    ("-w", "prodcons", "--dry-run"): ["block", "trials", "seed", "about", "producer"],
}


@pytest.mark.parametrize("arguments", PRINTS, ids=" ".join)
def test_what_only_prints_exits_with_0_and_writes_no_file(arguments, tmp_path):
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for word in PRINTS[arguments]:
        assert word in done.stdout
    assert os.listdir(tmp_path) == []


def test_what_cannot_be_printed_exits_with_3(tmp_path):
    with open("/dev/full", "w") as full:
        done = subprocess.run([SYNCBENCH, "--list"], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 3


def test_unknown_things_to_list_or_describe_are_refused(tmp_path):
    for arguments in (["--list", "wokloads"], ["--describe", "prodcson"]):
        done = run(*arguments, cwd=tmp_path)
        assert done.returncode == 2 and done.stdout == "" and arguments[1] in done.stderr


def test_a_saved_configuration_gives_the_same_dry_run(tmp_path):
    arguments = ["-w", "prodcons", "-i", "std,ticket/*", "-t", "2,4", "--set", "capacity=1,5", "-r", "2", "--seed", "7"]
    assert run(*arguments, "--save-config", "c.ini", cwd=tmp_path).returncode == 0
    direct = run(*arguments, "--dry-run", cwd=tmp_path)
    assert direct.stdout and run("--config", "c.ini", "--dry-run", cwd=tmp_path).stdout == direct.stdout


# Machines that are not there


MADE_UP = {"HWLOC_SYNTHETIC": "pack:2 core:4 pu:2"}


def test_a_made_up_machine_can_be_planned_for(tmp_path):
    done = run("-w", "prodcons", "-t", "16", "--dry-run", cwd=tmp_path, env=MADE_UP)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^ +15 ", done.stdout, re.MULTILINE), "sixteen threads have no place"


def test_a_made_up_machine_is_never_timed(tmp_path):
    done = run("-w", "counter", *QUICK, "-o", "out.jsonl", cwd=tmp_path, env=MADE_UP)
    assert done.returncode == 4
    assert "made up" in done.stderr
    assert not (tmp_path / "out.jsonl").exists()


# Terminals


def on_a_terminal(arguments, cwd, env=None):
    """What a terminal shows of standard output and standard error."""
    primary, secondary = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | (env or {})
    process = subprocess.Popen([SYNCBENCH, *arguments], cwd=cwd, stdout=secondary, stderr=secondary, env=environment)
    os.close(secondary)
    shown = b""
    while True:
        ready, _, _ = select.select([primary], [], [], 60)
        assert ready, "nothing shown for a minute"
        try:
            part = os.read(primary, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(primary)
    process.wait(timeout=60)
    return shown.decode(), process.returncode


SMALL = ["-w", "counter", "-i", "std", "-t", "1", *QUICK, "-o", "out.jsonl"]
CAUGHT = ["-w", "counter", "-i", "none", "-t", "2", "--duration", "200ms", "--warmup", "0", "-r", "3", "--no-plot", "-o", "out.jsonl"]


def test_progress_with_the_time_left_is_shown_on_a_terminal(tmp_path):
    shown, code = on_a_terminal(SMALL, tmp_path)
    assert code == 0
    assert re.search(r"\[1/2\] \d+ s left +std/mutex", shown), shown


def test_progress_is_shown_nowhere_else(tmp_path):
    done = run(*SMALL, cwd=tmp_path)
    assert "left" not in done.stderr and "\r" not in done.stderr and "\033" not in done.stdout + done.stderr


def test_quiet_shows_no_progress_on_a_terminal(tmp_path):
    shown, _ = on_a_terminal([*SMALL, "--quiet"], tmp_path)
    assert " left" not in shown


def test_a_violation_is_red_on_a_terminal_unless_no_color_is_set(tmp_path):
    shown, code = on_a_terminal(CAUGHT, tmp_path)
    assert code == 1 and "\033[31mviolated" in shown
    shown, _ = on_a_terminal(CAUGHT, tmp_path, {"NO_COLOR": "1"})
    assert "violated" in shown and "\033[31m" not in shown
    assert "\033[31m" in run(*CAUGHT, "--color", "always", cwd=tmp_path).stdout


def test_verbose_gives_each_trial_a_line(tmp_path):
    done = run(*SMALL, "--verbose", cwd=tmp_path)
    assert done.stderr.count("throughput rep 0: ok") == 1 and done.stderr.count("latency rep 0: ok") == 1


# Figures


def test_a_run_draws_its_figures_beside_the_results(tmp_path):
    analyze = SYNCBENCH.parent / "syncbench-analyze"
    assert analyze.exists(), f"{analyze} is missing: the figures are drawn by it"
    done = run("-w", "prodcons", "-i", "std,spin", "-t", "2,4", "--duration", "20ms", "--warmup", "0", "-r", "2", "-o", "out.jsonl",
               cwd=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    for figure in ("throughput", "latency"):
        for kind in ("svg", "pdf", "png"):
            assert (tmp_path / f"out-{figure}.{kind}").stat().st_size > 0
    assert "out-throughput" in done.stdout


def test_without_a_plot_no_figure_is_drawn(tmp_path):
    run(*SMALL, cwd=tmp_path)
    assert os.listdir(tmp_path) == ["out.jsonl"]


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))


def sections(text):
    """The lines of `--list implementations` by primitive."""
    found, primitive = {}, None
    for line in text.splitlines():
        if re.fullmatch(r"(recursive |breakable )?(mutex|semaphore|event|condition|barrier)", line):
            primitive = found.setdefault(line, [])
        elif primitive is not None:
            primitive.append(line)
    return found


def test_the_table_of_families_in_the_readme_is_the_catalogs():
    listed = sections(run("--list", "implementations", cwd="/").stdout)
    assert len(listed) == 7
    readme = (SOURCE / "README.md").read_text()
    for primitive, lines in listed.items():
        row = re.search(rf"^\| {primitive} \| (.*) \|$", readme, re.M)[1].split(" | ")
        chosen = {line.split()[1]: line.split()[0] for line in lines if "stands for its family" in line}
        reference = [line.split()[0] for line in lines if " the reference " in line]
        expected = [chosen[family] for family in ("spin", "ticket", "futex", "condvar")] + (reference or ["-"])
        assert [cell.strip("`") for cell in row] == expected, primitive


def test_a_family_has_the_members_that_stand_for_it():
    listed = sections(run("--list", "implementations", cwd="/").stdout)
    for family in ("spin", "ticket", "futex", "condvar"):
        members = re.findall(r"^    ([a-z ]+?) {2,}(\S+)$", run("--describe", family, cwd="/").stdout, re.M)
        assert len(members) == 7
        for primitive, name in members:
            chosen = [line.split()[0] for line in listed[primitive]
                      if line.split()[1] == family and "stands for its family" in line]
            assert chosen == [name], (family, primitive)
        assert family in run("-w", "worker-pool", "-i", family, "-t", "2", "--dry-run", cwd="/").stdout


def test_the_table_of_implementations_is_the_catalogs():
    """`syncbench --list table` is in primitives/IMPLEMENTATIONS.md; a build without an optional library lacks its lines."""
    page = (SOURCE / "primitives" / "IMPLEMENTATIONS.md").read_text()
    table = run("--list", "table", cwd="/").stdout
    assert not set(table.splitlines()) - set(page.splitlines())
    optional = re.compile(r"\| (absl|tbb|nsync|ck) \|")
    rows = {line for line in page.splitlines() if line.startswith("| `") and not optional.search(line)}
    assert rows <= set(table.splitlines())


def test_conformance_prints_a_table_and_passes_what_keeps_the_rules():
    done = run("--conformance", "-i", "ticket/park,std/barrier", "--threads", "3", cwd="/")
    assert done.returncode == 0, done.stdout
    assert re.search(r"^  ticket/park +(\. +|- +|\.|-)+$", done.stdout, re.M)
    assert "barrier std/barrier B4: std::barrier has no arrival index" in done.stdout
    assert re.search(r"^\d+ pass, 0 fail, \d+ trait, \d+ not applicable$", done.stdout, re.M)


def test_conformance_in_json_names_rule_and_outcome():
    report = json.loads(run("--conformance", "python", "-i", "count/park", "--format", "json", cwd="/").stdout)
    assert (report["schema"], report["profile"]) == ("syncbench-conformance/1", "python")
    outcomes = {finding["rule"]: finding["outcome"] for finding in report["findings"]}
    assert outcomes["S1"] == outcomes["S10"] == outcomes["S9"] == "pass"
    assert {finding["implementation"] for finding in report["findings"]} == {"count/park"}


@pytest.mark.parametrize("arguments, named", [
    (["--conformance", "perl"], "perl"), (["--conformance", "-i", "tikcet"], "tikcet"),
    (["--conformance", "-w", "counter"], "--workload"), (["--conformance", "--format", "csv"], "--format"),
    (["--conformance", "--threads", "1"], "--threads"), (["--conformance", "-o", "x.jsonl"], "--output")])
def test_conformance_refuses_what_means_nothing(tmp_path, arguments, named):
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and named in done.stderr
    assert not list(tmp_path.iterdir())


def test_what_is_known_to_be_broken_runs_only_under_its_whole_name():
    plan = run("-w", "permits", "-i", "all", "-t", "2", "--dry-run", cwd="/").stdout
    assert "count/park" in plan and "std/counting_semaphore" not in plan
    assert "std/counting_semaphore" in run("-w", "permits", "-i", "std/counting_semaphore", "-t", "2", "--dry-run", cwd="/").stdout


def test_a_family_for_which_nobody_stands_means_all_its_members():
    plan = run("-w", "group-photo", "-i", "tree", "-t", "2", "--dry-run", cwd="/").stdout
    assert all(name in plan for name in ("dissemination/pause", "tournament/pause", "tree/pause"))


def test_a_resumed_run_remembers_what_was_violated(tmp_path):
    command = ["-w", "counter", "-i", "none", "-t", "2", "--duration", "100ms", "--warmup", "0", "-r", "1", "--no-plot",
               "--latency", "off", "-o", "out.jsonl"]
    assert run(*command, cwd=tmp_path).returncode == 1
    again = run(*command, "--resume", cwd=tmp_path)
    assert again.returncode == 1
    assert "the 1 before it" in again.stdout


def test_a_resume_with_another_window_measures_anew(tmp_path):
    command = ["-w", "counter", "-i", "std", "-t", "1", "--warmup", "0", "-r", "1", "--no-plot", "--latency", "off", "-o",
               "out.jsonl"]
    assert run(*command, "--duration", "5ms", cwd=tmp_path).returncode == 0
    assert run(*command, "--duration", "6ms", "--resume", cwd=tmp_path).returncode == 0
    assert len(trials_of(tmp_path / "out.jsonl")) == 2


def test_a_record_that_lacks_a_field_is_named_and_measured_again(tmp_path):
    out = tmp_path / "out.jsonl"
    out.write_text('{"schema": "syncbench/1", "record": "trial", "verdict": "ok"}\n')
    done = run("-w", "counter", "-i", "std", "-t", "1", *QUICK, "--latency", "off", "-o", "out.jsonl", "--resume", cwd=tmp_path)
    assert done.returncode == 0
    assert "out.jsonl:1" in done.stderr


@pytest.mark.parametrize("seed", range(4))
def test_csv_has_the_same_columns_in_every_row_whichever_trial_comes_first(tmp_path, seed):
    done = run("-w", "counter", "-i", "std,futex", "-t", "2", *QUICK, "--format", "csv", "--seed", seed, "-o", "o", cwd=tmp_path)
    assert done.returncode in (0, 1), done.stderr
    assert len({len(row) for row in csv.reader(io.StringIO(done.stdout))}) == 1


@pytest.mark.parametrize("option", ["-t", "-o", "--seed", "--duration", "-w", "-i", "--placement"])
def test_an_empty_value_is_refused(tmp_path, option):
    done = run("-w", "counter", option, "", cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_two_formats_cannot_share_standard_output(tmp_path):
    assert run("-w", "counter", "-o", "-", "--format", "json", cwd=tmp_path).returncode == 2


def test_what_is_installed_measures_draws_and_reports(tmp_path):
    """Far from the build: the program finds its analysis beside itself, and the page its style and script."""
    build, prefix = SYNCBENCH.parents[1], tmp_path / "prefix"
    subprocess.run(["cmake", "--install", build, "--prefix", prefix], check=True, capture_output=True)
    options = ["-w", "counter", "-i", "std,spin", "-t", "1", "--duration", "5ms", "--warmup", "0", "-r", "2", "-o", "out.jsonl"]
    done = subprocess.run([prefix / "bin" / "syncbench", *options], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and list(tmp_path.rglob("*throughput*.svg")), done.stderr
    analyze = prefix / "bin" / "syncbench-analyze"
    done = subprocess.run([analyze, "report", "out.jsonl", "-o", "page.html"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "page.html").read_text()
    assert (SOURCE / "analysis" / "report" / "page.css").read_text().split("\n")[2] in page
    assert not list(prefix.rglob("test_*")) and not list(prefix.rglob("__pycache__"))


def test_a_run_that_goes_into_a_file_with_results_says_so(tmp_path):
    command = ["-w", "counter", "-i", "std", "-t", "1", *QUICK, "--latency", "off", "-o", "out.jsonl"]
    first, second = (run(*command, cwd=tmp_path).stdout for _ in range(2))
    assert "in the file before" not in first
    assert "table: the 1 trials of this call; those that were in the file before are in the figures, too" in second
