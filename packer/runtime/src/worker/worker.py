"""Compiles and parses Python sources until its input ends.

It imports built-in modules only, so that no file of the host can take the place of one.
"""

import marshal
import sys
from _frozen_importlib_external import MAGIC_NUMBER
from _imp import source_hash

# A request is three texts: what to do (an optimisation level, or "imports"), path and source. An
# answer is a status byte (0: done, 1: the source was refused) and a text: the result, or the
# reason. Each text follows its length, four bytes in little endian.
reads, writes = sys.stdin.buffer, sys.stdout.buffer

# `ast.PyCF_ONLY_AST`: `compile` returns the tree of `ast.parse`.
ONLY_AST = 0x400
# The fields that hold statements. Imports are statements, so expressions need no visit.
BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


def receive():
    head = reads.read(4)
    return reads.read(int.from_bytes(head, "little")) if head else None


def send(status, body):
    writes.write(bytes([status]) + len(body).to_bytes(4, "little") + body)
    writes.flush()


def imports(source):
    """Number of the imports that the source begins with; then one import a line, those first.

    Fields of a line: dots of a relative import (empty for `import a`), module, name, alias.
    """
    tree = compile(source, "source", "exec", ONLY_AST, True)
    lines, leading, beginning = [], 0, True
    nodes = [tree]
    for node in nodes:
        kind = type(node).__name__
        for field in BLOCKS:
            block = getattr(node, field, None)
            if isinstance(block, list):
                nodes += block
        if kind == "Import":
            found = [("", name.name, "", name.asname or "") for name in node.names]
        elif kind == "ImportFrom":
            found = [(str(node.level or 0), node.module or "", name.name, name.asname or "")
                     for name in node.names]
        else:
            beginning = beginning and (node is tree or kind == "Expr" and is_docstring(tree, node))
            continue
        lines += map("\t".join, found)
        # A lazy import (PEP 810) is not made before the script needs it.
        is_lazy = getattr(node, "is_lazy", False)
        beginning = beginning and not is_lazy and found[0][0] in ("", "0")
        if beginning:
            leading = len(lines)
    return "\n".join([str(leading)] + lines).encode()


def is_docstring(tree, node):
    return node is tree.body[0] and isinstance(getattr(node.value, "value", None), str)


send(0, MAGIC_NUMBER)
# importlib hashes a source with this key.
magic = int.from_bytes(MAGIC_NUMBER, "little")
while True:
    action = receive()
    if action is None:
        break
    path, source = receive(), receive()
    try:
        if action == b"imports":
            result = imports(source)
        else:
            code = compile(source, path.decode(), "exec", dont_inherit=True, optimize=int(action))
            result = source_hash(magic, source) + marshal.dumps(code)
        send(0, result)
    except Exception as error:
        send(1, "{}: {}".format(type(error).__name__, error).encode(errors="replace"))
