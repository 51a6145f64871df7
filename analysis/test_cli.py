"""The program as its users see it: files written, lines printed, exit status."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.cli import main
from analysis.conftest import environment, failed, sweep, trial
from analysis.plots import PLOTS
from analysis.test_gallery import study

ROOT = Path(__file__).resolve().parent.parent


def plotted(capsys, *arguments):
    status = main(["plot", *map(str, arguments)])
    captured = capsys.readouterr()
    return status, captured.out.splitlines(), captured.err.splitlines()


def test_writes_beside_the_first_file_and_prints_the_paths(capsys, written):
    path = written(sweep(["ticket/spin"], repetitions=1))
    status, out, err = plotted(capsys, path)
    plots = ("throughput", "latency", "ccdf", "fairness", "cpu", "wake")
    names = [f"counter-{plot}.{form}" for plot in plots for form in ("pdf", "svg", "png")]
    assert (status, err) == (0, [])
    assert out == [str(path.parent / name) for name in names]
    assert [Path(line).read_bytes()[:4] for line in out] == [b"%PDF", b"<?xm", b"\x89PNG"] * 6


def test_writes_where_and_what_it_is_told(capsys, written, tmp_path):
    path = written([environment(), trial()])
    _, out, _ = plotted(capsys, path, "-o", tmp_path / "new" / "folder", "--formats", "svg")
    assert out == [str(tmp_path / "new" / "folder" / "counter-throughput.svg")]


def test_figures_of_one_kind_are_told_apart_by_what_differs(capsys, written):
    place = {"policy": "list:0,2", "roles": "interleaved", "granted": [0, 2], "oversubscribed": False}
    path = written([environment(), trial(), trial(placement=place),
                    trial(placement={**place, "policy": "list;0,2"}), trial(workload="prodcons")])
    _, out, _ = plotted(capsys, path, "--formats", "svg", "--only", "throughput")
    assert [Path(line).stem for line in out] == [
        "counter-throughput-counter-compact", "counter-throughput-counter-list_0,2",
        "counter-throughput-counter-list_0,2-2", "counter-throughput-prodcons-compact"]


DRAW_ONE_OF_EACH = """
import sys
from pathlib import Path
from analysis import gallery, load, style
first = {}
for picture in gallery.pictures(*load.read([sys.argv[1]], print)):
    first.setdefault(picture.plot, picture)
with style.applied():
    for name, picture in first.items():
        drawing = picture.draw("one")
        for form in style.FORMATS:
            Path(sys.argv[2], f"{name}.{form}").write_bytes(style.render(drawing, form))
"""


def test_two_runs_give_the_same_bytes_without_type_3_fonts(written, tmp_path):
    """In two processes, because what one process repeats another may still do otherwise."""
    records = str(written(study(["std/mutex", "custom/own"], blocks=1) + [failed(trial(threads=32))]))
    runs = []
    for seed in ("1", "2"):
        (tmp_path / seed).mkdir()
        runs.append(subprocess.Popen([sys.executable, "-c", DRAW_ONE_OF_EACH, records, str(tmp_path / seed)], cwd=ROOT,
                                     env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"}))
    assert [run.wait() for run in runs] == [0, 0]
    digests = [{f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in (tmp_path / seed).iterdir()} for seed in ("1", "2")]
    assert len(digests[0]) == 3 * len(PLOTS)
    assert digests[0] == digests[1]
    for path in (tmp_path / "1").glob("*.pdf"):
        assert b"/FontFile2" in (content := path.read_bytes()) and b"/Type3" not in content


def test_no_date_is_in_a_figure(capsys, written):
    """Two runs in one second would agree on a date too."""
    _, out, _ = plotted(capsys, written([environment(), trial()]))
    pdf, svg, _ = (Path(line).read_bytes() for line in out)
    assert b"CreationDate" not in pdf
    assert b"<dc:date>" not in svg


def test_no_name_leaves_the_folder_or_is_too_long_for_it(capsys, written, tmp_path):
    bad = ["../../x", "/etc/x", "y" * 300, "y" * 299 + "z", "..", "a\nb"]
    records = [environment(), *(trial(params={"choice": name}, workload=name) for name in bad)]
    status, out, _ = plotted(capsys, written(records), "-o", tmp_path / "in", "--formats", "svg")
    assert (status, len(out), len(set(out))) == (0, len(bad), len(bad))
    assert all(Path(line).resolve().parent == (tmp_path / "in").resolve() for line in out)


def test_another_baseline_changes_the_speed_up(capsys, written):
    path = written([environment(), trial("std/mutex"), trial("mcs/spin")])
    status, out, err = plotted(capsys, path, "--formats", "svg", "--only", "speed-up", "--baseline", "mcs/spin")
    assert (status, [Path(line).stem for line in out], err) == (0, ["counter-speed-up"], [])
    status, out, (line,) = plotted(capsys, path, "--baseline", "clh/spin")
    assert (status, out) == (2, []) and "no trial of 'clh/spin' in these files; there are 'mcs/spin', 'std/mutex'" in line


@pytest.mark.parametrize("arguments, words", [
    (["missing.jsonl"], "No such file"),
    (["{good}", "--formats", "pdf,gif"], "'gif' is none of pdf, svg, png"),
    (["{good}", "--width", "three"], "invalid choice: 'three'"),
    (["{good}", "-o", "{good}"], "counter-throughput.pdf"),
    (["{good}", "--only", "cpu,gpu"], "'gpu' is none of throughput, latency, ccdf"),
    (["{good}", "--only", "wake,ccdf"], "nothing to draw: these records are not enough for wake or ccdf"),
    (["{foreign}"], "schema 'syncbench/9' is unknown"),
    (["{empty}"], "no trial record"),
    ([], "FILE"),
])
def test_bad_input_is_one_line_and_exit_2(written, arguments, words):
    names = {"good": written([environment(), trial()]), "empty": written([], "empty.jsonl"),
             "foreign": written([trial(schema="syncbench/9")], "foreign.jsonl")}
    run = launched(*(argument.format(**names) for argument in arguments))
    assert (run.returncode, run.stdout) == (2, "")
    assert len(run.stderr.splitlines()) == 1
    assert run.stderr.startswith("syncbench-analyze")
    assert words in run.stderr


def launched(*arguments, flags=()):
    return subprocess.run([sys.executable, *flags, "-m", "analysis", "plot", *arguments], cwd=ROOT, text=True,
                          capture_output=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})


def test_a_reader_that_leaves_early_gets_no_traceback(written):
    command = [sys.executable, "-m", "analysis", "plot", str(written([environment(), trial()]))]
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(command, cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, text=True,
                         env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    os.close(writer)
    assert (run.returncode, run.stderr) == (141, "")


def test_a_missing_package_is_named_and_exit_3(written):
    """-S hides everything that is not in Python's own library."""
    run = launched(str(written([environment(), trial()])), flags=["-S"])
    assert run.returncode == 3
    assert len(run.stderr.splitlines()) == 1
    assert "python3-matplotlib and python3-numpy" in run.stderr


def test_a_corrupted_line_ends_it_or_is_salvaged_with_a_warning(capsys, written):
    path = written([environment(), trial()])
    path.write_text(path.read_text() + '{"schema":"sync')
    assert plotted(capsys, path) == (2, [], [f"syncbench-analyze: {path}:3: not a complete JSON object"])
    status, out, err = plotted(capsys, path, "--salvage")
    assert (status, len(out)) == (0, 3)
    assert err == [f"syncbench-analyze: warning: {path}:3: not a complete JSON object, skipped"]


@pytest.mark.parametrize("path", sorted((ROOT / "results" / "example").glob("*.jsonl")), ids=lambda path: path.name)
def test_the_example_can_be_drawn(capsys, tmp_path, path):
    status, out, err = plotted(capsys, path, "-o", tmp_path, "--formats", "png")
    assert (status, err) == (0, [])
    assert out


def test_a_fault_of_the_program_is_no_judgement(capsys, monkeypatch, written):
    from analysis import commands

    monkeypatch.setattr(commands.COMMANDS[0], "run", lambda arguments: 1 / 0)
    assert main([commands.COMMANDS[0].NAME, "x"]) == 3
    assert capsys.readouterr().err.splitlines()[-1].startswith("syncbench-analyze: this is a fault of the program")


def test_an_interrupt_is_one_line_and_130(capsys, monkeypatch):
    from analysis import commands

    def interrupted(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(commands.COMMANDS[0], "run", interrupted)
    assert main([commands.COMMANDS[0].NAME, "x"]) == 130
    assert capsys.readouterr().err == "syncbench-analyze: interrupted; what was written is whole\n"


@pytest.mark.parametrize("command", [["table"], ["compare", "{path}"], ["history", "add", "--store", "{store}"], ["calibrate"], ["plot", "-o", "{store}"]])
def test_control_characters_of_a_record_do_not_reach_the_terminal(capsys, written, tmp_path, command):
    names = {"build": "b\x1b[2J", "run": "r\x1b[2J", "environment": "e\x1b[2J", "workload": "w\x1b[2J"}
    path = written([trial(block=i, repetition=i, **names) for i in range(4)])
    main([*(word.format(path=path, store=tmp_path / "s") for word in command), str(path)])
    captured = capsys.readouterr()
    assert captured.out and "\x1b" not in captured.out + captured.err


@pytest.mark.parametrize("command", [["calibrate"], ["export", "--to", "gbench"]])
def test_no_input_is_written_over(capsys, written, command):
    path = written([environment(), *(trial(block=i, repetition=i) for i in range(4))])
    before = path.read_bytes()
    assert main([*command, str(path), "-o", str(path)]) == 2
    assert "is one of the files to be read" in capsys.readouterr().err and path.read_bytes() == before


def run_with(written, **options):
    path = written([environment(), trial("\N{GREEK SMALL LETTER ALPHA}")])
    command = [sys.executable, "-m", "analysis", "table", str(path)]
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}  # the end is what is tried
    return subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, **{"env": environ, **options})


def test_a_full_disk_behind_standard_output_is_one_line_and_exit_2(written):
    with open("/dev/full", "w") as full:
        run = run_with(written, stdout=full)
    assert (run.returncode, run.stderr) == (2, "syncbench-analyze: standard output: No space left on device\n")


def test_a_reader_that_has_gone_is_no_message(written):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as gone:
        run = run_with(written, stdout=gone)
    assert (run.returncode, run.stderr) == (141, "")


def test_a_terminal_without_the_character_shows_another(written):
    run = run_with(written, stdout=subprocess.PIPE, env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONDONTWRITEBYTECODE": "1"})
    assert (run.returncode, run.stderr) == (0, "") and "? " in run.stdout


def test_what_is_no_file_is_not_replaced_by_one(written, tmp_path):
    """As root a device would be gone, for everybody."""
    path = written([environment(), *(trial(block=i, repetition=i) for i in range(4))])
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to("target")
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    for output in (pipe, link):
        assert main(["export", "--to", "otava", str(path), "-o", str(output)]) == 0
    assert pipe.is_fifo() and os.read(reader, 100).startswith(b"time,commit")
    assert link.is_symlink() and (tmp_path / "target").read_bytes().startswith(b"time,commit")
    os.close(reader)


def test_a_name_that_no_file_can_have_is_told(capsys, written):
    assert main(["export", "--to", "otava", str(written([environment(), trial()])), "-o", "x" * 300]) == 2
    assert capsys.readouterr().err.endswith("xxx: File name too long\n")


def test_a_name_of_thousands_of_characters_does_not_hide_what_is_said_about_it(capsys, written):
    names = [str(written([environment(), trial(name * 10_000)], f"{name}.jsonl")) for name in "ab"]
    assert main(["compare", *names]) == 2
    assert "no point is in both sets" in (err := capsys.readouterr().err) and len(err) < 2000


@pytest.mark.parametrize("command", [["calibrate"], ["export", "--to", "otava"]], ids=lambda words: words[0])
def test_no_output_goes_over_other_measurements(capsys, written, command):
    lines = [environment(), *(trial(rate=1e6 + i, block=i, repetition=i) for i in range(8))]
    source, other = written(lines, "a.jsonl"), written(lines, "b.jsonl")
    before = other.read_bytes()
    assert main([*command, str(source), "-o", str(other)]) == 2
    assert "holds measurements" in capsys.readouterr().err
    assert other.read_bytes() == before
    other.write_text("{}")
    assert main([*command, str(source), "-o", str(other)]) == 0
