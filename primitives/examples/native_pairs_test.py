#!/usr/bin/python3
"""Platforms cost nothing where they are not used: the machine code of a lock and unlock on the native platform is the
same, byte for byte, whether or not the source file also has the primitive on the other platforms.

    native_pairs_test.py OBJDUMP ALONE.o BESIDE_OTHERS.o
"""

import re
import subprocess
import sys


def functions(objdump: str, path: str) -> dict[str, list[str]]:
    """Each function's bytes, instruction by instruction; relocated operands are zero in an object file."""
    raw = subprocess.run([objdump, "-d", path], check=True, capture_output=True, text=True).stdout
    found: dict[str, list[str]] = {}
    name = ""
    for line in raw.splitlines():
        header = re.fullmatch(r"[0-9a-f]+ <(.+)>:", line)
        if header:
            name = header[1]
            found[name] = []
        elif name and "\t" in line:
            found[name].append(line.split("\t")[1].strip())
    return found


def main() -> None:
    objdump, alone_path, beside_path = sys.argv[1:]
    alone, beside = functions(objdump, alone_path), functions(objdump, beside_path)
    pairs = [name for name in alone if name.startswith("pair_") and "." not in name]
    assert len(pairs) == 6, f"expected six functions, found {pairs}"
    for name in pairs:
        assert alone[name], f"{name} is empty"
        assert alone[name] == beside[name], f"{name} differs:\n{alone[name]}\n{beside[name]}"
    # The comparison can fail: the other platforms' code is not the native one's.
    for other in ("faulty_tristate", "scheduled_tristate"):
        assert beside[other] != alone["pair_tristate"], f"{other} is the native code"
    print(f"{len(pairs)} pairs are the same, byte for byte")


if __name__ == "__main__":
    main()
