"""Synthetic wheels: a native program, a gigabyte, and trees of any number of files."""

import base64
import hashlib
import random
import shutil
import zipfile
from functools import cache

EPOCH = (1980, 1, 1, 0, 0, 0)
WORDS = 2_000
TEXT = 32 << 20


@cache
def text():
    """Text of made-up words, the same in every run. zstd -19 compresses it to about a third."""
    source = random.Random(20_25)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(source.choices(letters, k=source.randint(2, 10))) for _ in range(WORDS)]
    weights = [1 / rank for rank in range(1, WORDS + 1)]
    chosen = source.choices(words, weights, k=TEXT // 7)
    return " ".join(chosen).encode()


def some_text(length, source):
    """`length` bytes of it from a random place."""
    whole = text()
    start = source.randrange(len(whole))
    repeats = (start + length) // len(whole) + 1
    return (
        (whole * repeats)[start : start + length] if repeats > 1 else whole[start : start + length]
    )


def write_wheel(directory, name, files):
    """A wheel `name` 1.0 of `files`, an iterable of pairs of path and bytes. An existing one is kept."""
    path = directory / f"{name}-1.0-py3-none-any.whl"
    if path.exists():
        return path
    record = []
    partial = path.with_suffix(".part")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as wheel:

        def put(place, content, mode=0o644):
            info = zipfile.ZipInfo(place, EPOCH)
            info.external_attr = (0o100000 | mode) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(info, content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
            record.append(f"{place},sha256={digest.decode()},{len(content)}")

        for place, content in files:
            put(place, content, 0o755 if ".data/scripts/" in place else 0o644)
        info = f"{name}-1.0.dist-info"
        put(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode())
        head = b"Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        put(f"{info}/WHEEL", head)
        record.append(f"{info}/RECORD,,\n")
        wheel.writestr(zipfile.ZipInfo(f"{info}/RECORD", EPOCH), "\n".join(record))
    partial.rename(path)
    return path


def program():
    """The smallest native program that every Linux has."""
    with open(shutil.which("true"), "rb") as file:
        return file.read()


def native(directory):
    """A wheel with one native command, `nativetrue`, a copy of `/bin/true`."""
    files = [("nativetrue-1.0.data/scripts/nativetrue", program()), ("nativetrue.py", b"")]
    return write_wheel(directory, "nativetrue", files)


def files(directory, count, size=4096):
    """A wheel with `nativetrue` and `count` text files of `size` bytes, a hundred a directory."""
    name = f"scale{count}x{size}"
    source = random.Random(count)

    def content():
        yield f"{name}-1.0.data/scripts/nativetrue", program()
        for number in range(count):
            yield f"{name}/d{number // 100:04}/f{number:06}.txt", some_text(size, source)

    return write_wheel(directory, name, content())


def gigabyte(directory, size=1 << 30, parts=64):
    """A wheel of a gigabyte that doesn't compress, such as one with neural networks."""
    source = random.Random(1)

    def content():
        for number in range(parts):
            yield f"gigabyte/part{number:02}.bin", source.randbytes(size // parts)

    return write_wheel(directory, "gigabyte", content())
