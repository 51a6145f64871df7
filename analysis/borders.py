"""Where on a thread axis one more thread meets something new: the next package, a core that is taken, no processor at all.

That depends on the order in which a placement hands out processors. Where it is not this simple (a list, a shared cache,
packages in turn) there is no line, for a line would claim a border that is not there.
"""

from typing import NamedTuple


class Border(NamedTuple):
    threads: int  # the last count on this side of it
    of: str  # "package", "core" or "PU": what there is no other of beyond


ALONE_ON_A_CORE = ("none", "cores", "spread", "packages")  # hardware threads of a taken core come last
PACKAGE_BY_PACKAGE = {"compact": "pus", "cores": "cores"}  # and what of a package is filled first


def borders(policy, capacity, topology):
    """In rising order, one at each count. `topology`: of an environment record; what makes no sense in it is left alone."""
    found = {}
    pus, cores, packages = (_count(topology.get(name)) for name in ("pus", "cores", "packages"))
    if capacity is not None and capacity == pus:  # a part of the machine has other borders
        filled = topology.get(PACKAGE_BY_PACKAGE.get(policy))
        if packages and packages > 1 and _count(filled) and filled % packages == 0:
            found[filled // packages] = "package"
        if policy in ALONE_ON_A_CORE and cores:
            found[cores] = "core"
    if capacity is not None:
        found[capacity] = "PU"
    return tuple(Border(threads, of) for threads, of in sorted(found.items()) if threads <= capacity)


def _count(value):
    return value if type(value) is int and value > 0 else None
