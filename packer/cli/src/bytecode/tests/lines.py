"""Compares bytecode that replaces its source with that beside the source: `N.bare` with `N.full`."""

import marshal
import os
import sys
import types


def compare(bare, full):
    assert bare.co_code == full.co_code
    assert bare.co_firstlineno == full.co_firstlineno
    assert list(lines(bare)) == list(lines(full)), (bare.co_name, list(lines(bare)), list(lines(full)))
    if hasattr(bare, "co_positions"):
        assert all(place[2] is None and place[3] is None for place in bare.co_positions()), bare.co_name
    assert len(bare.co_consts) == len(full.co_consts)
    for one, other in zip(bare.co_consts, full.co_consts):
        if isinstance(one, types.CodeType):
            compare(one, other)
        else:
            assert repr(one) == repr(other) or isinstance(one, frozenset) and one == other


def lines(code):
    """The line of each instruction."""
    if hasattr(code, "co_positions"):
        return (place[0] for place in code.co_positions())
    return iter([code.co_lnotab])


directory = sys.argv[1]
names = sorted(name for name in os.listdir(directory) if name.endswith(".full"))
for name in names:
    codes = []
    for end in ("bare", "full"):
        with open(os.path.join(directory, name.replace("full", end)), "rb") as file:
            codes.append(marshal.loads(file.read()[16:]))
    compare(*codes)
print(len(names), "pairs")
