#!/usr/bin/python3
"""Checks which way the arrows of the source tree run, and fails on one that runs back.

C++ code is built in layers (runner -> workloads -> primitives, and inside primitives each primitive -> mutex -> wait
-> platform): a file may include its own layer and those below it. A large third-party library is included by one
.cpp alone, so that replacing it means rewriting one file; an optional one, by its adapters alone. The Python package
in analysis/ imports nothing of ours but itself: files are all that it shares with the program that wrote them.

    scripts/check_includes.py [--root DIR]

One line is printed for each fault, `file:line: what is wrong`. Exit code: 0 no fault, 1 faults, 2 nothing to check.
"""

import argparse
import ast
import collections
import pathlib
import re
import sys

# Layer -> layers that it may include besides itself. A file belongs to the longest layer that its path starts with.
# Four single files come from the middle of primitives/: traits and concepts are below everything, what a line of the
# catalog is stands beside them, and the catalog is above everything.
_TERMS = {"primitives/traits.hpp", "primitives/concepts.hpp"}
_WAITING = _TERMS | {"primitives/wait", "primitives/platform"}
_PRIMITIVES = {
    "primitives/traits.hpp": set(),
    "primitives/concepts.hpp": {"primitives/traits.hpp"},
    "primitives/implementation.hpp": {"primitives/traits.hpp"},
    "primitives/platform": _TERMS,
    "primitives/wait": _TERMS | {"primitives/platform"},
    "primitives/mutex": _WAITING,
}
# A queue of waiters needs a lock around it, so the other primitives may use mutexes; one another, they may not.
_PRIMITIVES |= {f"primitives/{name}": _WAITING | {"primitives/mutex"}
                for name in ("recursive_mutex", "semaphore", "event", "barrier", "condition")}
# The checked forms are wrapped around any type that keeps the contract, so they need no implementation.
_PRIMITIVES["primitives/checked"] = _WAITING
# Adapters of other people's primitives borrow helpers from ours (the timed forms of a mutex, say), never the catalog.
_PRIMITIVES["primitives/reference"] = set(_PRIMITIVES)
_PRIMITIVES["primitives"] = set(_PRIMITIVES)

LAYERS = dict(_PRIMITIVES)
LAYERS["workloads"] = set(_PRIMITIVES)
LAYERS["runner"] = set(_PRIMITIVES) | {"workloads"}
# An example stands for code outside the tree: it may use everything that the suite offers.
LAYERS["primitives/examples"] = set(LAYERS)

# Library -> how its headers start. Each is included by exactly one .cpp.
LIBRARIES = {
    "hwloc": ("hwloc.h", "hwloc/"),
    "Google Benchmark": ("benchmark/",),
    "Boost.Program_options": ("boost/program_options",),
    "Boost.Context": ("boost/context",),
}

# Library -> how its headers start. They may be missing, so only their adapters include them.
ADAPTED = {
    "Abseil": ("absl/",),
    "oneTBB": ("oneapi/", "tbb/"),
    "nsync": ("nsync",),
    "Concurrency Kit": ("ck_", "spinlock/"),
}
ADAPTERS = "primitives/reference"

CPP_SUFFIXES = {".hpp", ".cpp", ".h", ".cc", ".ipp"}
CPP_ROOTS = ("primitives", "workloads", "runner")

_COMMENT_OR_STRING = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.DOTALL)
_INCLUDE = re.compile(r"^[ \t]*#[ \t]*include\b[ \t]*(.*)$", re.MULTILINE)
_NAMED = re.compile(r'[<"]([^>"]+)[>"]')


def layer_of(path):
    """The layer of a path relative to the root, as the text of the longest matching key of LAYERS."""
    text = path.as_posix()
    matching = [layer for layer in LAYERS if text == layer or text.startswith(layer + "/")]
    return max(matching, key=len, default=None)


def allowed(path):
    """The layers that a file may include."""
    layer = layer_of(path)
    reach = LAYERS[layer] | {layer}
    # A test suite runs over the whole catalog, so a test sees all of the top-level folder that it sits in.
    if path.stem.endswith("_test") and path.suffix == ".cpp":
        top = path.parts[0]
        reach |= LAYERS[top] | {top}
    return reach


def without_comments(text):
    """The text with comments blanked and line numbers kept. Strings are stepped over, since they may hold a `//`."""

    def blank(match):
        found = match.group()
        return found if found.startswith('"') else re.sub(r"[^\n]", " ", found)

    return _COMMENT_OR_STRING.sub(blank, text)


def includes(text):
    """Pairs (line number, header name) of a C++ file; the name is None where a macro hides it."""
    text = without_comments(text)
    for match in _INCLUDE.finditer(text):
        named = _NAMED.match(match.group(1))
        yield text.count("\n", 0, match.start()) + 1, named and named.group(1)


def resolve(root, source, header):
    """The file of ours that a header name means, relative to the root, or None if it is not ours."""
    for folder in (source.parent, pathlib.Path(), *map(pathlib.Path, CPP_ROOTS)):
        candidate = root / folder / header
        # A header that CMake writes from a template belongs where its template is.
        for file in (candidate, candidate.with_name(candidate.name + ".in")):
            if file.is_file() and file.resolve().is_relative_to(root):
                return file.resolve().relative_to(root)
    return None


def check_cpp(root, sources):
    """Faults of all C++ files: arrows that run back, and libraries that are not behind one .cpp."""
    users = collections.defaultdict(list)
    for source in sources:
        for line, header in includes((root / source).read_text(encoding="utf-8")):
            where = f"{source}:{line}"
            if header is None:
                yield f"{where}: the name of the included file is a macro, which nobody can check"
                continue
            target = resolve(root, source, header)
            if target is not None and layer_of(target) is not None:
                if layer_of(target) not in allowed(source):
                    yield f"{where}: {layer_of(source)} must not include {layer_of(target)} ({header})"
                continue
            for library, starts in LIBRARIES.items():
                if header.startswith(starts):
                    users[library].append((source, where))
            for library, starts in ADAPTED.items():
                if header.startswith(starts) and layer_of(source) != ADAPTERS:
                    yield f"{where}: {library} is optional; only its adapter in {ADAPTERS} may include it"

    for library in LIBRARIES:
        for source, where in users[library]:
            if source.suffix != ".cpp":
                yield f"{where}: {library} belongs in a .cpp, not in a header that others include"
        files = sorted({source for source, _ in users[library]})
        if len(files) > 1:
            for where in (next(w for s, w in users[library] if s == file) for file in files):
                yield f"{where}: {library} is included by {len(files)} files; one .cpp has to keep it to itself"
        elif not files:
            yield f"runner: no file includes {library}; the rule about it in scripts/check_includes.py is out of date"


def imported(tree):
    """Triples (line number, level, module name) of a parsed Python file; level counts the leading dots."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, 0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.level, node.module or ""


def check_python(root, sources):
    """Faults of the Python files in analysis/: imports of anything else that is ours."""
    ours = {folder.name for folder in root.iterdir() if folder.is_dir()} - {"analysis"}
    ours |= {file.stem for file in root.glob("scripts/*.py")}
    for source in sources:
        tree = ast.parse((root / source).read_text(encoding="utf-8"), filename=str(source))
        for line, level, module in imported(tree):
            # One dot is the folder of the file itself; as many dots as there are folders is analysis/.
            if level > len(source.parent.parts):
                yield f"{source}:{line}: this relative import leaves analysis/"
            elif level == 0 and module.split(".")[0] in ours:
                yield f"{source}:{line}: analysis must not import {module}; it reads files, nothing else"


def find(root, folder, suffixes):
    """Files below a folder of the root with one of the suffixes, relative to the root, in order."""
    return sorted(file.relative_to(root) for file in (root / folder).rglob("*") if file.suffix in suffixes)


def main():
    parser = argparse.ArgumentParser(description="Check which way the arrows of the source tree run.")
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent,
                        help="source tree to check (default: the one that this script is in)")
    root = parser.parse_args().root.resolve()

    cpp = [file for folder in CPP_ROOTS for file in find(root, folder, CPP_SUFFIXES)]
    python = find(root, "analysis", {".py"})
    if not cpp:
        print(f"{root}: no C++ file in {', '.join(CPP_ROOTS)}: nothing was checked", file=sys.stderr)
        return 2
    faults = [*check_cpp(root, cpp), *check_python(root, python)]
    for fault in faults:
        print(fault)
    print(f"{len(faults)} faults in {len(cpp)} C++ and {len(python)} Python files")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
