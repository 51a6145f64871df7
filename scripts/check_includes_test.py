"""Plants faults in a small made-up source tree and sees check_includes.py find each of them, and only them."""

import pathlib
import subprocess
import sys

import pytest

SCRIPT = pathlib.Path(__file__).with_name("check_includes.py")

# A tree without a fault: every layer, every library once, a test that sees the catalog, a generated header.
SOUND = {
    "primitives/traits.hpp": "#include <array>\n",
    "primitives/concepts.hpp": '#include "primitives/traits.hpp"\n',
    "primitives/catalog.hpp": '#include "primitives/mutex/lock.hpp"\n#include "primitives/reference/std.hpp"\n',
    "primitives/platform/native.hpp": "#include <linux/futex.h>\n",
    "primitives/wait/park.hpp": '#include "primitives/platform/native.hpp"\n',
    "primitives/mutex/lock.hpp": '#include "primitives/wait/park.hpp"\n#include "primitives/concepts.hpp"\n',
    "primitives/mutex/lock_test.cpp": '#include "primitives/catalog.hpp"\n',
    "primitives/condition/fifo.hpp": '#include "../mutex/lock.hpp"\n',
    "primitives/event/fifo.hpp": '#include "primitives/mutex/lock.hpp"\n',
    "primitives/checked/lock.hpp": '#include "primitives/concepts.hpp"\n',
    "primitives/checked.hpp": '#include "primitives/checked/lock.hpp"\n',
    "primitives/reference/std.hpp": '#include "primitives/mutex/lock.hpp"\n',
    "primitives/reference/absl.hpp": '#include <absl/synchronization/mutex.h>\n#include "primitives/implementation.hpp"\n',
    "primitives/implementation.hpp": '#include "primitives/traits.hpp"\n',
    "primitives/schedule/scheduler.cpp": "#include <boost/context/fiber.hpp>\n",
    "primitives/examples/mine.cpp": '#include "runner/engine.hpp"\n',
    "workloads/workload.hpp": '#include "primitives/catalog.hpp"\n',
    "runner/engine.hpp": '#include "workloads/workload.hpp"\n',
    "runner/engine.cpp": '#include "engine.hpp"\n#include <benchmark/benchmark.h>\n#include "runner/version.hpp"\n',
    "runner/version.hpp.in": "",
    "runner/options.cpp": "#include <boost/program_options.hpp>\n",
    "runner/topology.cpp": "#include <hwloc.h>\n",
    "analysis/__init__.py": "",
    "analysis/load.py": "import json\nfrom . import stats\nimport analysis.stats\n",
    "analysis/stats.py": "import numpy as np\n",
    "analysis/plots/latency.py": "from .. import stats\n",
    "scripts/tool.py": "",
}


def check(root, **changes):
    """Lays the sound tree with some files changed, and checks it: (exit code, output)."""
    return check_tree(root, {**SOUND, **changes})


def check_tree(root, tree):
    for name, text in tree.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    done = subprocess.run([sys.executable, SCRIPT, "--root", root], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_sound_tree_passes(tmp_path):
    assert check_tree(tmp_path, SOUND) == (0, "0 faults in 21 C++ and 4 Python files\n")


@pytest.mark.parametrize(
    ("file", "text", "fault"),
    [
        ("primitives/wait/park.hpp", '#include "primitives/mutex/lock.hpp"\n', "park.hpp:1: primitives/wait must not"),
        ("primitives/wait/park.hpp", '#include "../mutex/lock.hpp"\n', "park.hpp:1: primitives/wait must not"),
        ("primitives/wait/park.hpp", '\n # include <mutex/lock.hpp>\n', "park.hpp:2: primitives/wait must not"),
        ("primitives/platform/native.hpp", '#include "primitives/wait/park.hpp"\n', "primitives/platform must not"),
        ("primitives/mutex/lock.hpp", '#include "primitives/condition/fifo.hpp"\n', "primitives/mutex must not"),
        ("primitives/mutex/lock.hpp", '#include "primitives/catalog.hpp"\n', "primitives/mutex must not"),
        ("primitives/mutex/lock_test.cpp", '#include "workloads/workload.hpp"\n', "must not include workloads"),
        ("primitives/event/one.hpp", '#include "primitives/condition/fifo.hpp"\n', "primitives/event must not"),
        ("primitives/checked/lock.hpp", '#include "primitives/mutex/lock.hpp"\n', "primitives/checked must not"),
        ("primitives/mutex/lock.hpp", '#include "primitives/checked/lock.hpp"\n', "primitives/mutex must not"),
        ("primitives/traits.hpp", '#include "primitives/concepts.hpp"\n', "traits.hpp must not"),
        ("primitives/concepts.hpp", '#include "primitives/platform/native.hpp"\n', "concepts.hpp must not"),
        ("primitives/implementation.hpp", '#include "primitives/mutex/lock.hpp"\n', "implementation.hpp must not"),
        ("primitives/mutex/lock.hpp", "#include <absl/base/config.h>\n", "Abseil is optional"),
        ("runner/engine.cpp", "#include <ck_spinlock.h>\n", "Concurrency Kit is optional"),
        ("primitives/catalog.hpp", '#include "workloads/workload.hpp"\n', "primitives must not include workloads"),
        ("workloads/workload.hpp", '#include "runner/engine.hpp"\n', "workloads must not include runner"),
        ("runner/gate.cpp", "#include <hwloc.h>\n", "hwloc is included by 2 files"),
        ("runner/gate.cpp", "#include <hwloc/linux.h>\n", "hwloc is included by 2 files"),
        ("runner/engine.hpp", "#include <benchmark/benchmark.h>\n", "belongs in a .cpp"),
        ("runner/options.cpp", "", "no file includes Boost.Program_options"),
        ("runner/options.cpp", "#include OPTIONS_HEADER\n", "is a macro"),
        ("analysis/load.py", "import scripts.tool\n", "analysis must not import scripts.tool"),
        ("analysis/load.py", "from tool import x\n", "analysis must not import tool"),
        ("analysis/load.py", "def f():\n    from runner import x\n", "load.py:2: analysis must not import runner"),
        ("analysis/plots/latency.py", "from ... import runner\n", "leaves analysis/"),
    ],
)
def test_a_planted_fault_is_found(tmp_path, file, text, fault):
    code, output = check(tmp_path, **{file: text})
    assert code == 1
    assert fault in output


@pytest.mark.parametrize(
    "text",
    [
        '// #include "runner/engine.hpp"\n',
        '/*\n#include "runner/engine.hpp"\n*/\n',
        'auto text = "/*";\n#include <atomic>\nauto more = "*/";\n',
    ],
)
def test_what_is_not_an_include_is_left_alone(tmp_path, text):
    assert check(tmp_path, **{"primitives/wait/park.hpp": text})[0] == 0


def test_an_include_behind_a_string_that_looks_like_a_comment_is_found(tmp_path):
    text = 'auto text = "/*";\n#include "runner/engine.hpp"\n'
    code, output = check(tmp_path, **{"primitives/wait/park.hpp": text})
    assert code == 1
    assert "park.hpp:2" in output


def test_a_tree_with_nothing_to_check_is_not_a_success(tmp_path):
    assert check_tree(tmp_path, {"README.md": ""})[0] == 2
