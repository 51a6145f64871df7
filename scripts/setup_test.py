"""Runs scripts/syncbench and scripts/test in a small made-up tree, with made-up package tools, the way newcomers do.

No real package manager is started: PATH is a folder of links to everything that this machine has, except those tools
and sudo; in their place stand scripts that keep a list of what they were asked.
"""

import fcntl
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent

CMAKE = """
cmake_minimum_required(VERSION 3.25)
project(stand_in LANGUAGES CXX)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
add_executable(syncbench main.cpp)
include(CTest)
if(BUILD_TESTING)
  add_test(NAME passes COMMAND syncbench 0)
  add_test(NAME fails COMMAND syncbench 7)
endif()
"""

# Prints its process id and arguments, and exits with the number that its first argument is.
PROGRAM = """
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
int main(int argc, char** argv) {
  std::printf("%d", static_cast<int>(getpid()));
  for (int i = 1; i < argc; ++i) std::printf(" [%s]", argv[i]);
  std::puts("");
  std::fflush(stdout);
  if (argc > 1 && argv[1][0] == 'w') pause();
  return argc > 1 ? std::atoi(argv[1]) : 0;
}
"""

def write_script(file, body):
    file.write_text("#!/bin/sh\n" + body, encoding="utf-8")
    file.chmod(0o755)


class Machine:
    """A made-up machine: its PATH, its packages, the user, and one source tree with spaces in its path."""

    def __init__(self, folder):
        self.folder = folder
        self.tree = folder / "a source tree"
        self.bin = folder / "bin"
        self.missing = folder / "missing"
        self.calls = folder / "calls"
        for made in (self.bin, self.missing, self.tree / "scripts"):
            made.mkdir(parents=True)
        self.calls.touch()
        for name in ("setup.sh", "syncbench", "test"):
            shutil.copy(HERE / name, self.tree / "scripts" / name)
        shutil.copy(HERE.parent / "CMakePresets.json", self.tree)
        (self.tree / "CMakeLists.txt").write_text(CMAKE, encoding="utf-8")
        (self.tree / "main.cpp").write_text(PROGRAM, encoding="utf-8")
        self._link_tools()
        self._fake_tools()
        self.user("root")

    def _link_tools(self):
        hidden = {"sudo", "dpkg", "dpkg-query", "apt", "apt-get", "apt-cache", "id"}
        for folder in os.environ["PATH"].split(os.pathsep):
            for tool in pathlib.Path(folder).glob("*"):
                link = self.bin / tool.name
                if tool.name not in hidden and not link.is_symlink():
                    link.symlink_to(tool)

    def _fake_tools(self):
        note = f'echo "$(basename "$0") $*" >>"{self.calls}"\n'
        missing = f'"{self.missing}/$name"'
        write_script(self.bin / "dpkg-query", f"""shift 3
            for name; do [ -e {missing} ] || echo "installed $name"; done""")
        write_script(self.bin / "dpkg", note)
        write_script(self.bin / "apt-get", note + f"""[ "$1" = install ] || exit 0
            [ -e "{self.folder}/offline" ] && {{ echo "E: no network"; exit 100; }}
            for name; do rm -f {missing}; done""")

    def user(self, kind):
        """root, nobody (no sudo at all), sudoer (no password needed) or guest (sudo wants a password)."""
        write_script(self.bin / "id", f"echo {0 if kind == 'root' else 1000}")
        sudo = self.bin / "sudo"
        if kind in ("root", "nobody"):
            sudo.unlink(missing_ok=True)
        else:
            refuse = "exit 1" if kind == "guest" else '[ "$1" = -n ] && exit 0'
            write_script(sudo, f'echo "sudo $*" >>"{self.calls}"\n{refuse}\nexec "$@"')

    def lack(self, *packages):
        for package in packages:
            (self.missing / package).touch()

    def start(self, script, *arguments, cwd="/"):
        environment = {**os.environ, "PATH": str(self.bin)}
        environment.pop("CMAKE_GENERATOR", None)
        return subprocess.Popen([script, *arguments], cwd=cwd, env=environment, text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, script, *arguments, cwd="/"):
        """(exit code, stdout, stderr)"""
        process = self.start(script, *arguments, cwd=cwd)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def syncbench(self, *arguments, **more):
        return self.run(self.tree / "scripts/syncbench", *arguments, **more)

    def package_calls(self):
        return self.calls.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A machine on which the program has run once."""
    made = Machine(tmp_path_factory.mktemp("built"))
    code, out, err = made.syncbench("0", "two words", "")
    assert (code, out.split(" ", 1)[1]) == (0, "[0] [two words] []\n"), err
    assert "configuring" in err
    return made


def without_pid(out):
    return out.split(" ", 1)[-1].strip()


def test_with_everything_in_place_nothing_is_said_configured_or_installed(built):
    cache = built.tree / "build/CMakeCache.txt"
    before = cache.stat().st_mtime_ns
    code, _, err = built.syncbench()
    assert (code, err) == (0, "")
    assert cache.stat().st_mtime_ns == before
    assert built.package_calls() == []


def test_the_exit_code_is_the_programs(built):
    assert built.syncbench("130")[0] == 130


def test_the_program_takes_the_place_of_the_script_so_that_signals_reach_it(built):
    process = built.start(built.tree / "scripts/syncbench", "wait")
    assert int(process.stdout.readline().split()[0]) == process.pid
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert process.returncode == -signal.SIGTERM


def test_it_runs_through_a_symbolic_link_and_in_the_callers_folder(built, tmp_path):
    link = tmp_path / "link to syncbench"
    link.symlink_to(built.tree / "scripts/syncbench")
    code, out, err = built.run(link, "0", cwd=tmp_path)
    assert (code, without_pid(out), err) == (0, "[0]", "")
    assert list(tmp_path.iterdir()) == [link]


def test_a_changed_source_is_built_again(built):
    source = built.tree / "main.cpp"
    source.write_text(PROGRAM.replace("[%s]", "<%s>"), encoding="utf-8")
    assert without_pid(built.syncbench("0")[1]) == "<0>"
    source.write_text(PROGRAM, encoding="utf-8")
    assert without_pid(built.syncbench("0")[1]) == "[0]"


def test_a_build_that_fails_shows_why_and_where_the_rest_is(built):
    source = built.tree / "main.cpp"
    source.write_text("int main() { return planted; }\n", encoding="utf-8")
    code, out, err = built.syncbench("0")
    source.write_text(PROGRAM, encoding="utf-8")
    assert (code, out) == (3, "")
    assert "main.cpp:1" in err
    assert f"{built.tree}/build/build.log" in err
    assert built.syncbench("0")[0] == 0


@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.7])
def test_a_cache_that_was_cut_short_is_replaced(built, kept):
    cache = built.tree / "build/CMakeCache.txt"
    whole = cache.read_bytes()
    cache.write_bytes(whole[: int(len(whole) * kept)])
    code, out, err = built.syncbench("0")
    assert (code, without_pid(out)) == (0, "[0]"), err
    assert b"CMAKE_BUILD_TYPE:STRING=Release" in cache.read_bytes()


def test_a_configuration_that_was_interrupted_before_it_wrote_build_files_is_repeated(built):
    for file in ("build.ninja", "Makefile"):
        (built.tree / "build" / file).unlink(missing_ok=True)
    assert built.syncbench("0")[0] == 0


def test_a_build_that_is_not_release_becomes_one(built):
    cache = built.tree / "build/CMakeCache.txt"
    cache.write_text(cache.read_text(encoding="utf-8").replace(":STRING=Release", ":STRING=Debug"), encoding="utf-8")
    assert built.syncbench("0")[0] == 0
    assert "CMAKE_BUILD_TYPE:STRING=Release" in cache.read_text(encoding="utf-8")


def test_a_tree_that_was_moved_with_its_build_is_built_anew(built):
    moved = built.tree.with_name("moved")
    built.tree.rename(moved)
    built.tree = moved
    code, out, err = built.syncbench("0")
    assert (code, without_pid(out)) == (0, "[0]"), err
    assert f"CMAKE_HOME_DIRECTORY:INTERNAL={moved}\n" in (moved / "build/CMakeCache.txt").read_text(encoding="utf-8")


def test_a_set_up_waits_while_another_one_is_at_work(machine):
    (machine.tree / "build").mkdir()
    with open(machine.tree / "build/setup.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = machine.start(machine.tree / "scripts/syncbench", "5")
        assert "another set-up is at work" in process.stderr.readline()
        assert not (machine.tree / "build/CMakeFiles").exists()
    process.communicate(timeout=120)
    assert process.returncode == 5


def test_two_first_calls_at_once_configure_once(machine):
    both = [machine.start(machine.tree / "scripts/syncbench", "5") for _ in range(2)]
    outputs = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [5, 5], outputs
    assert sum("configuring" in err for _, err in outputs) == 1


def test_a_first_build_that_was_killed_is_finished_by_the_next_call(machine):
    process = machine.start(machine.tree / "scripts/syncbench", "5")
    while not (machine.tree / "build/CMakeFiles").exists():
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert machine.syncbench("5")[0] == 5


def test_root_installs_what_is_missing_and_nothing_else(machine):
    machine.lack("libhwloc-dev", "ninja-build", "make", "pkgconf", "libgtest-dev")
    code, out, err = machine.syncbench("0")
    assert (code, without_pid(out)) == (0, "[0]"), err
    *before, install = machine.package_calls()
    assert before == ["dpkg --configure -a", "apt-get update"]
    # pkg-config does as well as pkgconf; of make and ninja neither is there; gtest is for the tests.
    assert install.split()[-2:] == ["ninja-build", "libhwloc-dev"]
    assert "--no-install-recommends" in install


def test_sudo_is_used_where_it_asks_for_nothing(machine):
    machine.user("sudoer")
    machine.lack("libfmt-dev")
    assert machine.syncbench("0")[0] == 0
    assert any(call.startswith("sudo env DEBIAN_FRONTEND=noninteractive apt-get install")
               for call in machine.package_calls())


@pytest.mark.parametrize("kind", ["nobody", "guest"])
def test_who_cannot_become_root_is_told_the_one_line_that_is_missing(machine, kind):
    machine.user(kind)
    machine.lack("g++", "python3-scipy")
    code, out, err = machine.syncbench("0")
    assert (code, out) == (3, "")
    assert err.splitlines()[1:] == ["apt-get install --no-install-recommends g++ python3-scipy"]
    assert not any(call.startswith(("apt-get", "dpkg")) for call in machine.package_calls())
    assert not (machine.tree / "build").exists()


def test_the_tests_need_more_packages_than_the_program(machine):
    machine.user("nobody")
    machine.lack("libgtest-dev")
    code, _, err = machine.run(machine.tree / "scripts/test")
    assert (code, err.splitlines()[-1]) == (3, "apt-get install --no-install-recommends libgtest-dev")


def test_an_installation_that_fails_ends_with_the_same_line(machine):
    machine.lack("libfmt-dev")
    (machine.folder / "offline").touch()
    code, out, err = machine.syncbench("0")
    assert (code, out) == (3, "")
    assert "E: no network" in err
    assert err.splitlines()[-1] == "apt-get install --no-install-recommends libfmt-dev"


def test_a_dpkg_that_manages_nothing_here_is_not_asked(machine):
    machine.lack("dpkg", "g++")
    assert machine.syncbench("4")[0] == 4
    assert machine.package_calls() == []


def test_a_tree_that_cannot_be_written_to_is_named(machine):
    (machine.tree / "build").touch()  # a file where the folder should be stops even root
    code, _, err = machine.syncbench("0")
    assert code == 3
    assert f"cannot write to {machine.tree}/build" in err


def test_the_test_script_passes_arguments_on_and_ends_as_ctest_does(machine):
    test = machine.tree / "scripts/test"
    machine.syncbench("0")  # a build without tests comes first: the test script has to add them
    code, out, err = machine.run(test, "-R", "passes")
    assert code == 0, err
    assert "100% tests passed, 0 tests failed out of 1" in "".join(out.splitlines()[-3:])
    code, out, _ = machine.run(test)
    assert code == 8
    assert "50% tests passed, 1 tests failed out of 2" in out
    assert machine.run(test, "-R", "no such test")[0] != 0

    # And the other script leaves the tests in the build.
    machine.syncbench("0")
    assert machine.run(test, "-R", "passes")[2] == ""
