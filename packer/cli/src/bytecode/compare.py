"""Compares .pyc files with what this Python compiles from the standard library itself.

The contents of the files are compared, since equality of code objects ignores line tables.
"""

import marshal
import os
import sys
import types

FIELDS = [name for name in dir(types.CodeType) if name.startswith("co_")]
FIELDS = [name for name in FIELDS if not callable(getattr(types.CodeType, name, None))
          and name not in ("co_lnotab", "_co_code_adaptive")] + ["co_code"]


def same(a, b, where):
    assert type(a) is type(b), (where, type(a), type(b))
    if isinstance(a, types.CodeType):
        for name in FIELDS:
            same(getattr(a, name), getattr(b, name), where + "." + name)
    elif isinstance(a, (tuple, list)):
        assert len(a) == len(b), where
        for index, pair in enumerate(zip(a, b)):
            same(pair[0], pair[1], where + "[%d]" % index)
    elif isinstance(a, (set, frozenset)):
        assert sorted(map(repr, a)) == sorted(map(repr, b)), where
    else:
        assert repr(a) == repr(b), (where, a, b)


directory, stdlib = sys.argv[1:]
count = 0
for name in os.listdir(directory):
    folder, _, module = name.partition("+__pycache__+")
    if not module:
        folder, _, module = name.rpartition("+__pycache__+")
    parts = folder.split("+")
    source = "/".join(parts + [module.split(".cpython-")[0] + ".py"])
    path = os.path.join(stdlib, *source.split("/")[2:])
    with open(path, "rb") as file:
        expected = compile(file.read(), source, "exec", dont_inherit=True, optimize=0)
    with open(os.path.join(directory, name), "rb") as file:
        found = marshal.loads(file.read()[16:])
    same(found, marshal.loads(marshal.dumps(expected)), source)
    count += 1
print(count, "equal")
