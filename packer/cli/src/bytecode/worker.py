"""Compiles what it is sent, until its input ends. Imports nothing but what is built in."""

import marshal
import sys
from _frozen_importlib_external import MAGIC_NUMBER
from _imp import source_hash

# Requests: path and source. Answers: a status byte (0: compiled), then bytes: hash of the source
# and marshal data, or what is wrong. Each text and each answer after its length, four bytes little
# endian.
reads, writes = sys.stdin.buffer, sys.stdout.buffer


def receive():
    head = reads.read(4)
    return reads.read(int.from_bytes(head, "little")) if head else None


def send(status, body):
    writes.write(bytes([status]) + len(body).to_bytes(4, "little") + body)
    writes.flush()


send(0, MAGIC_NUMBER)
# What importlib keys the hash of a source with.
magic = int.from_bytes(MAGIC_NUMBER, "little")
level = int(sys.argv[1])
while True:
    path = receive()
    if path is None:
        break
    source = receive()
    try:
        code = compile(source, path.decode(), "exec", dont_inherit=True, optimize=level)
        send(0, source_hash(magic, source) + marshal.dumps(code))
    except Exception as error:
        send(1, "{}: {}".format(type(error).__name__, error).encode(errors="replace"))
