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
# When a statement is executed: with the module, by a call, or only if something allows it.
AT_ONCE, CALLED, GUARDED = range(3)
# Names and attributes in the head of a statement that skips missing modules, or asks for the system.
GUARDS = {"TYPE_CHECKING", "find_spec", "platform", "suppress", "version_info"}
GUARD_ATTRIBUTES = GUARDS | {"name", "system"}


def receive():
    head = reads.read(4)
    return reads.read(int.from_bytes(head, "little")) if head else None


def send(status, body):
    writes.write(bytes([status]) + len(body).to_bytes(4, "little") + body)
    writes.flush()


def imports(source):
    """Number of the imports that the source begins with; then one import a line, those first.

    Fields of a line: dots of a relative import (empty for `import a`), module, name, alias; `1` if a call
    of a function makes the import and fails without the module.
    """
    tree = compile(source, "source", "exec", ONLY_AST, True)
    lines, leading, beginning = [], 0, True
    nodes = [(tree, AT_ONCE)]
    for node, when in nodes:
        kind = type(node).__name__
        inside = execution(node, kind, when)
        for field in BLOCKS:
            block = getattr(node, field, None)
            if isinstance(block, list):
                nodes += [(one, inside) for one in block]
        called = "1" if when == CALLED else ""
        if kind == "Import":
            found = [("", name.name, "", name.asname or "", called) for name in node.names]
        elif kind == "ImportFrom":
            found = [(str(node.level or 0), node.module or "", name.name, name.asname or "", called)
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


def execution(node, kind, when):
    """When the statements in a node are executed, which is executed at `when`."""
    if when == GUARDED or kind in ("Try", "TryStar"):
        return GUARDED
    if kind in ("FunctionDef", "AsyncFunctionDef"):
        return CALLED
    if kind in ("If", "With", "AsyncWith"):
        heads = [node.test] if kind == "If" else list(node.items)
        if any(mentions_guard(head) for head in heads):
            return GUARDED
    return when


def mentions_guard(head):
    nodes = [head]
    for node in nodes:
        if getattr(node, "id", None) in GUARDS or getattr(node, "attr", None) in GUARD_ATTRIBUTES:
            return True
        for field in node._fields:
            value = getattr(node, field, None)
            values = value if isinstance(value, list) else [value]
            nodes += [one for one in values if hasattr(one, "_fields")]
    return False


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
