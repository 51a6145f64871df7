#!/usr/bin/python3
"""Compiles every header of primitives/ alone, with g++ and, where it is installed, clang++, warnings being errors.

A header that leans on what its includer happened to include works until somebody includes it first. Adapters of
libraries that are not installed are left out.

    scripts/check_headers.py [COMPILER]...

One line for each header that a compiler refuses, with its first complaint. Exit code: 0 none, 1 some, 2 no compiler.
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Left out for the reasons given in CMakeLists.txt.
FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror", "-Wno-missing-field-initializers",
         "-fsyntax-only", f"-I{ROOT}"]
LIBRARIES = {"absl.hpp": "absl/synchronization/mutex.h", "tbb.hpp": "oneapi/tbb/mutex.h", "nsync.hpp": "nsync.h",
             "ck.hpp": "ck_pr.h", "ck_mutex.hpp": "ck_spinlock.h", "ck_barrier.hpp": "ck_barrier.h"}


def headers():
    for path in sorted((ROOT / "primitives").rglob("*.hpp")):
        library = LIBRARIES.get(path.name)
        if library is None or (pathlib.Path("/usr/include") / library).exists():
            yield path


def complaint(compiler, header):
    """The first error of a compiler about a header, or None."""
    source = f'#include "{header.relative_to(ROOT)}"\nint main() {{}}\n'
    done = subprocess.run([compiler, *FLAGS, "-x", "c++", "-"], input=source, capture_output=True, text=True)
    if done.returncode == 0:
        return None
    found = re.search(r".*error:.*", done.stderr)
    return f"{header.relative_to(ROOT)}: {compiler}: {found[0] if found else done.stderr.strip()[-200:]}"


def main(compilers):
    compilers = [compiler for compiler in compilers or ("g++", "clang++") if shutil.which(compiler)]
    if not compilers:
        print("no compiler to ask", file=sys.stderr)
        return 2
    work = [(compiler, header) for compiler in compilers for header in headers()]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        complaints = [text for text in pool.map(lambda pair: complaint(*pair), work) if text]
    print(*complaints, f"{len(complaints)} faults in {len(work)} compilations by {', '.join(compilers)}", sep="\n")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
