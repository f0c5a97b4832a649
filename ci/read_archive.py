#!/usr/bin/env python3
"""Reads an archive or a runtime file by stub/FORMAT.md alone: a second implementation, to keep that page honest.

    read_archive.py [--files] ARCHIVE [--with RUNTIME]

Checks every digest down to each file, compares zip, manifest, listings and tars, and lists what is
inside. With a runtime file, both have to fit. Exit status 1 and one line if something is wrong.

Needs `blake3` from PyPI, and `zstandard` where Python has no `compression.zstd` (before 3.14).
"""

import argparse
import io
import json
import os
import struct
import sys
import unicodedata
import zipfile
import zlib

from blake3 import blake3

MAGIC = b"\x89SNAKE\r\n"
RECORD = 256
SUM = 240
SIGNED = 1
EXTERNAL = 2
NAME = slice(152, 200)
SEARCHED = 8 << 20
MAX_MANIFEST = 16 << 20
MAX_COMPONENTS = 10_000
MAX_BLOBS = 100_000
MAX_TREE = 256 << 20
MAX_FILES = 1 << 20
MAX_PAX = 8 << 10
WINDOW_LOG = 22
MOST_WINDOW_LOG = 27
MAX_ATTACHMENTS = 100_000
MAX_ATTACHMENT = 1 << 30
MAX_ENTRY_TEXT = 64 << 10
MAX_KEEP_DAYS = 36_500
BLOCK = 512
# Bytes that are hashed or decoded at a time: archives and files may be longer than memory.
PIECE = 1 << 20
# Lengths, offsets and numbers of members from here on are in zip64 fields.
ELSEWHERE, MANY = 0xFFFFFFFF, 0xFFFF
LETTERS = "abcdefghijklmnopqrstuvwxyz"
HEX = set("0123456789abcdef")
KINDS = ("runtime", "part", "app", "wheel", "libc")
# Features that this reader can check. It downloads nothing.
FEATURES = {
    "disabled-commands", "entry-arguments", "entry-directory", "entry-environment", "expose-path",
    "external-runtime", "first-run", "large-windows", "runtime-file",
    "runtime-parts",
}  # fmt: skip
# The manifest's triple: name, ELF machine, and the largest page of a kernel.
TARGETS = {
    "x86_64-unknown-linux-gnu": ("x86_64-linux", 62, 4 << 10),
    "aarch64-unknown-linux-gnu": ("aarch64-linux", 183, 64 << 10),
}
# The same in every archive.
MAIN = b"""\
import os
import sys

os.execv(os.path.dirname(os.path.abspath(__file__)), sys.argv)
"""
PLACEHOLDERS = ("archive", "directory", "cache", "home")


class Bad(Exception):
    """Says what is wrong with the archive."""


# The errors of Python's own readers for damaged bytes.
BROKEN = (Bad, KeyError, ValueError, TypeError, EOFError, NotImplementedError, RuntimeError)
BROKEN += (struct.error, zipfile.BadZipFile, zlib.error)


def need(condition, what):
    if not condition:
        raise Bad(what)


def digest(*parts):
    hasher = blake3()
    for part in parts:
        for at in range(0, len(part), PIECE):
            hasher.update(part[at : at + PIECE])
    return hasher.hexdigest()


def half(data):
    return digest(data)[:32]


def frame_header(data):
    """The window and the content size that a zstd frame declares (RFC 8878, 3.1.1.1)."""
    need(data[:4] == b"\x28\xb5\x2f\xfd", "not a zstd frame")
    descriptor = data[4]
    single, at = descriptor & 0x20, 5
    window = None
    if not single:
        exponent, mantissa = data[5] >> 3, data[5] & 7
        window = (1 << (10 + exponent)) // 8 * (8 + mantissa)
        at = 6
    at += (0, 1, 2, 4)[descriptor & 3]
    flag = descriptor >> 6
    width = (1 if single else 0, 2, 4, 8)[flag]
    need(width, "a zstd frame without its content size")
    size = int.from_bytes(data[at : at + width], "little") + (256 if flag == 1 else 0)
    need(not descriptor & 4, "a zstd frame with a checksum")
    return (size if single else window), size


def frame_length(data):
    """The length of the zstd frame that data begins with (RFC 8878, 3.1.1.2)."""
    descriptor = data[4]
    single = descriptor & 0x20
    at = 5 + (not single) + (0, 1, 2, 4)[descriptor & 3]
    at += (1 if single else 0, 2, 4, 8)[descriptor >> 6]
    last = False
    while not last:
        block = int.from_bytes(data[at : at + 3], "little")
        last, kind, size = block & 1, block >> 1 & 3, block >> 3
        need(at + 3 <= len(data) and kind != 3, "not one whole zstd frame")
        # A block of one repeated byte (type 1) stores it once.
        at += 3 + (1 if kind == 1 else size)
    return at


class Unzstd:
    """Reads the contents of one zstd frame piece by piece."""

    def __init__(self, data, unpacked, window_log):
        window, size = frame_header(data)
        need(window <= 1 << window_log, f"a zstd window of {window} bytes")
        need(size == unpacked, "a frame holds more or less than declared")
        need(frame_length(data) == len(data), "not one whole zstd frame")
        self.left = unpacked
        source = Pieces(data)
        try:
            from compression import zstd

            options = {zstd.DecompressionParameter.window_log_max: window_log}
            self.reader = zstd.ZstdFile(source, options=options)
        except ImportError:
            import zstandard

            decoder = zstandard.ZstdDecompressor(max_window_size=1 << window_log)
            self.reader = decoder.stream_reader(source)

    def read(self, length):
        """Exactly this number of bytes."""
        need(length <= self.left, "a tar that is cut")
        out = self.raw(length)
        need(len(out) == length, "a frame holds less than declared")
        self.left -= length
        return out

    def finish(self):
        need(self.left == 0 and self.raw(1) == b"", "a frame holds more than declared")

    def raw(self, length):
        parts = []
        while length:
            try:
                part = self.reader.read(length)
            except Exception as error:
                raise Bad(f"zstd: {error}") from error
            if not part:
                break
            parts.append(part)
            length -= len(part)
        return b"".join(parts)


class View:
    """Bytes of a file, which are read when they are asked for: an archive may be longer than memory."""

    def __init__(self, file, start, end):
        self.file, self.start, self.end = file, start, end

    def __len__(self):
        return self.end - self.start

    def __getitem__(self, key):
        if isinstance(key, int):
            return self[key : key + 1][0]
        start, end, _ = key.indices(len(self))
        parts, at = [], self.start + start
        while at < self.start + end:
            part = os.pread(self.file, self.start + end - at, at)
            if not part:
                break
            parts.append(part)
            at += len(part)
        return b"".join(parts)

    def part(self, start, end):
        return View(self.file, self.start + start, self.start + end)


class Pieces(io.RawIOBase):
    """A file of these bytes."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def readable(self):
        return True

    def readinto(self, buffer):
        part = self.data[self.at : self.at + len(buffer)]
        buffer[: len(part)] = part
        self.at += len(part)
        return len(part)


def unzstd(data, unpacked, window_log):
    reader = Unzstd(data, unpacked, window_log)
    out = reader.read(unpacked)
    reader.finish()
    return out


def check_text(text, what):
    need(len(text.encode()) <= 2048, f"{what} {text!r} is too long")
    bad = any(c == "\\" or unicodedata.category(c) == "Cc" for c in text)
    need(not bad, f"{what} {text!r} has a control character or a backslash")


def check_path(path):
    need(path and not path.startswith("/"), f"path {path!r} is empty or absolute")
    check_text(path, "path")
    names = path.split("/")
    for name in names:
        need(name not in ("", ".", ".."), f"path {path!r} has an empty name or dots")
        need(len(name.encode()) <= 255, f"path {path!r} has a long name")
    need(names[0] != ".snakecrate", f"path {path!r} is the cache's own")
    return path


def check_link(path, target):
    need(target and not target.startswith("/"), f"link {path!r} to {target!r}")
    check_text(target, "link")
    depth = path.count("/")
    for name in target.split("/"):
        need(name not in ("", "."), f"link {path!r} to {target!r}")
        depth += -1 if name == ".." else 1
        need(depth >= 0, f"link {path!r} leads out of its component")
    return target


def check_elf(data, target, what):
    """A 64-bit little-endian ELF file for the target, whose segments its kernels can map."""
    name, machine, page = TARGETS[target]
    need(data[:6] == b"\x7fELF\x02\x01", f"{what} is no ELF file of 64 bits")
    (found,) = struct.unpack_from("<H", data, 18)
    need(found == machine, f"{what} is for machine {found}, and {name} is {machine}")
    (table,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    for at in range(table, table + size * count, size):
        kind, _, offset, address = struct.unpack_from("<IIQQ", data, at)
        # 1: PT_LOAD
        need(kind != 1 or (offset - address) % page == 0, f"{what}: a segment across pages")


def label(part):
    return f"{part['kind']}-{part['name']}-{part['version']}"


def one_line(text):
    return not any(unicodedata.category(c) == "Cc" for c in text)


def numbers(version):
    """A version of Python for comparing; a pre-release comes before its release."""
    parts = []
    for part in version.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        parts.append((int(digits or 0), part[len(digits) :] or "~"))
    return parts


def check_template(text):
    """A text with placeholders between braces; two braces stand for one."""
    plain = text.replace("{{", "").replace("}}", "")
    for name in PLACEHOLDERS:
        plain = plain.replace("{" + name + "}", "")
    need(not set("{}") & set(plain), f"the placeholders of {text!r}")


def check_entry(entry):
    name = entry["name"]
    need(name and "/" not in name and one_line(name), f"an entry called {name!r}")
    arguments, environment = entry.get("arguments", []), entry.get("environment", {})
    need(set(environment) <= {"set", "default", "unset"}, "an unknown field of an environment")
    values = [*environment.get("set", {}).items(), *environment.get("default", {}).items()]
    variables = [variable for variable, _ in values] + environment.get("unset", [])
    need(len(variables) == len(set(variables)), "a variable twice")
    for variable in variables:
        reserved = variable.upper().startswith(("LD_", "PYTHON", "SNAKECRATE"))
        fits = 0 < len(variable.encode()) <= 255 and "=" not in variable
        need(fits and not reserved, f"a variable called {variable!r}")
    directory = entry.get("directory")
    templates = [value for _, value in values] + [directory] * (directory is not None)
    for template in templates:
        check_template(template)
    if directory is not None:
        placed = directory.startswith(("/", *("{" + name + "}" for name in PLACEHOLDERS)))
        need(placed, f"a relative directory {directory!r}")
    texts = arguments + variables + templates
    need(all(map(one_line, texts)), f"a control character in {name!r}")
    need(sum(len(text.encode()) for text in texts) <= MAX_ENTRY_TEXT, f"the texts of {name!r}")
    if "first_run" in entry:
        check_path(entry["first_run"])


class Archive:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = View(os.dup(file.fileno()), 0, file.seek(0, io.SEEK_END))
        self.record_at = self.find_record()
        record = bytes(self.data[self.record_at : self.record_at + RECORD])
        offset, length, self.length = struct.unpack_from("<QQQ", record, 16)
        need(len(self.data) >= self.length, f"{len(self.data)} bytes of {self.length}")
        self.manifest_at, self.manifest_bytes = offset, bytes(self.data[offset : offset + length])
        need(digest(self.manifest_bytes) == record[40:72].hex(), "the manifest's digest")
        self.manifest = json.loads(self.manifest_bytes)
        need(self.manifest["format"] == 2, f"format {self.manifest['format']}")
        unknown = set(self.manifest.get("requires", [])) - FEATURES
        need(not unknown, f"features {', '.join(sorted(unknown))}")
        target = self.manifest["target"]
        need(target in TARGETS, f"the target {target!r}")
        self.is_runtime = self.manifest.get("role") == "runtime"
        (flags,) = struct.unpack_from("<H", record, 10)
        named = record[NAME].rstrip(b"\0").decode() if flags & EXTERNAL else None
        need(named == self.runtime_name(), f"the runtime file {named!r} in the record")
        self.window_log = self.manifest.get("window_log", WINDOW_LOG)
        need(WINDOW_LOG <= self.window_log <= MOST_WINDOW_LOG, f"window_log {self.window_log}")

    def find_record(self):
        at = -1
        head = bytes(self.data[:SEARCHED])
        while (at := head.find(MAGIC, at + 1)) >= 0:
            record = head[at : at + RECORD]
            if len(record) < RECORD or bytes.fromhex(half(record[:SUM])) != record[SUM:]:
                continue
            version, flags = struct.unpack_from("<HH", record, 8)
            need(version == 2, f"record version {version}")
            known = SIGNED | EXTERNAL
            need(flags & ~known == 0 and record[12:16] == bytes(4), "flags in the record")
            for field in (record[72:88], record[88:152]):
                need(any(field) == bool(flags & SIGNED), "half a signature in the record")
            offset, length, whole = struct.unpack_from("<QQQ", record, 16)
            need(offset + length <= whole and length <= MAX_MANIFEST, "numbers in the record")
            return at
        raise Bad("no boot record")

    def runtime_name(self):
        """The name of the runtime file that the archive needs."""
        if "runtime" not in self.manifest:
            return None
        python = self.manifest["python"]
        minor = ".".join(python["version"].split(".")[:2])
        flags = python["abi"].lstrip(LETTERS).lstrip("0123456789")
        target = TARGETS[self.manifest["target"]][0]
        return f"{python['implementation']}-{minor}{flags}-{target}.runtime"

    def check_fit(self, runtime):
        """Whether the runtime file has what the archive needs."""
        own, found = self.manifest["python"], runtime.manifest["python"]
        need("runtime" in self.manifest and runtime.is_runtime, "not an archive and its runtime")
        need(self.manifest["target"] == runtime.manifest["target"], "the runtime's target")
        for field in ("implementation", "abi", "executable"):
            need(own[field] == found[field], f"the runtime's {field}: {found[field]}")
        version, least = found["version"], self.manifest["runtime"]["at_least"]
        same = numbers(version)[:2] == numbers(own["version"])[:2]
        need(same and numbers(version) >= numbers(least), f"the runtime's version: {version}")
        has = [one["name"] for one in runtime.manifest["components"] if one["kind"] == "part"]
        lacks = set(self.manifest["runtime"].get("parts", [])) - set(has)
        need(not has or not lacks, f"parts that the runtime lacks: {lacks}")
        digests = [part["digest"] for part in self.manifest["components"]]
        shared = any(part["digest"] in digests for part in runtime.manifest["components"])
        need(not shared, "a component of both")

    def member(self, member, what):
        start, end = member["offset"], member["offset"] + member["length"]
        need(end <= self.length, f"{what} lies outside the archive")
        data = self.data.part(start, end)
        need(digest(data) == member["blake3"], f"the digest of {what}")
        return data

    def check_stub(self):
        stub = self.manifest["stub"]
        data = bytearray(self.data[: stub["length"]])
        data[self.record_at : self.record_at + RECORD] = MAGIC + bytes(RECORD - len(MAGIC))
        need(digest(bytes(data)) == stub["blake3"], "the digest of the launcher")
        if self.is_runtime:
            need(stub["length"] == RECORD and self.record_at == 0, "a launcher in a runtime file")
        else:
            check_elf(data, self.manifest["target"], "the launcher")

    def check_manifest(self):
        manifest = self.manifest
        parts, entries = manifest["components"], manifest["entries"]
        need(manifest.get("role", "application") in ("application", "runtime"), "the role")
        need(len(parts) <= MAX_COMPONENTS, "too many components")
        order = [(KINDS.index(c["kind"]), c["name"], c["version"]) for c in parts]
        need(order == sorted(set(order)), "components out of order")
        kinds = [c["kind"] for c in parts]
        if "runtime" in manifest:
            need(not {"runtime", "part", "libc"} & set(kinds), "two runtimes")
            need(not self.is_runtime, "a runtime file that needs one")
            unknown = set(manifest["runtime"]) - {"at_least", "needs", "parts"}
            need(not unknown, f"fields of runtime: {unknown}")
            need(manifest["python"].get("abi"), "an external runtime without its ABI")
        else:
            need(kinds.count("runtime") == 1, "one runtime, the first")
        need(kinds.count("libc") == ("c_library" in manifest), "a C library, and how it is used")
        names = [entry["name"] for entry in entries]
        need(names == sorted(set(names)), "entries out of order")
        need(bool(names) != self.is_runtime, "no entries, or entries of a runtime")
        need(not (self.is_runtime and {"app", "wheel"} & set(kinds)), "more than a runtime")
        default = manifest["launch"].get("default")
        need(default is None or default in names, "an unknown default entry")
        for entry in entries:
            check_entry(entry)
        check_path(manifest["python"]["executable"])
        need(manifest["launch"].get("keep_days", 0) <= MAX_KEEP_DAYS, "keep_days")
        disabled = manifest["launch"].get("disabled_commands", [])
        need(disabled == sorted(set(disabled)), "disabled commands out of order")
        for text in [manifest["name"], *disabled, *manifest.get("mime_types", [])]:
            need(one_line(text), f"a control character in {text!r}")
        for field in ("version", "vendor", "contact"):
            need(one_line(manifest.get(field, "")), f"a control character in {field}")
        self.check_attachments()
        required = manifest.get("requires", [])
        need(required == sorted(set(required)), "features out of order")
        need(self.used_features() <= set(required), "a feature that is used and not required")

    def used_features(self):
        manifest = self.manifest
        used = {
            "disabled-commands": manifest["launch"].get("disabled_commands"),
            "external-runtime": "runtime" in manifest,
            "large-windows": self.window_log > WINDOW_LOG,
            "remote-components": any("download" in c for c in manifest["components"]),
            "runtime-file": self.is_runtime,
            "runtime-parts": any(c["kind"] == "part" for c in manifest["components"]),
        }
        for feature, field in {
            "entry-arguments": "arguments",
            "entry-directory": "directory",
            "entry-environment": "environment",
            "expose-path": "expose_path",
            "first-run": "first_run",
        }.items():
            used[feature] = any(entry.get(field) for entry in manifest["entries"])
        return {feature for feature, is_used in used.items() if is_used}

    def check_attachments(self):
        attachments = self.manifest.get("attachments", [])
        need(len(attachments) <= MAX_ATTACHMENTS, "too many attachments")
        names = [one["name"] for one in attachments]
        need(names == sorted(set(names), key=str.encode), "attachments out of order")
        labels = {label(part) for part in self.manifest["components"]}
        for one in attachments:
            name = check_path(one["name"])
            placed = name == "sbom.cdx.json" or name.startswith("attachments/")
            need(placed, f"an attachment called {name!r}")
            need(one.get("component") in labels | {None}, f"the component of {name}")
            need(one["bytes"] <= MAX_ATTACHMENT, f"{name} is too long")
        need(self.manifest.get("icon") in {None, *names}, "an icon that is not attached")

    def check_zip(self, path):
        expected = []
        for part in self.manifest["components"]:
            folder = f"components/{label(part)}"
            expected.append((f"{folder}/tree.zst", part["tree"]))
            for number, blob in enumerate(part["blobs"]):
                expected.append((f"{folder}/{number:02}.tar.zst", blob))
        attached = {one["name"]: one for one in self.manifest.get("attachments", [])}
        expected += [(name, None) for name in attached]
        if not self.is_runtime:
            expected.append(("__main__.py", None))
        own = {"offset": self.manifest_at, "length": len(self.manifest_bytes)}
        expected.append(("manifest.json", own))
        with zipfile.ZipFile(path) as archive:
            need(archive.testzip() is None, "a CRC in the zip")
            infos = archive.infolist()
            need([i.filename for i in infos] == [name for name, _ in expected], "zip members")
            for name, one in attached.items():
                data = archive.read(name)
                need(len(data) == one["bytes"], f"the length of {name}")
                need(digest(data) == one["blake3"], f"the digest of {name}")
            need(self.is_runtime or archive.read("__main__.py") == MAIN, "__main__.py")
        at, directory = self.manifest["stub"]["length"], b""
        newest = 10
        for info, (name, member) in zip(infos, expected):
            deflated = name in attached
            method = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
            lengths = [info.compress_size, info.file_size]
            large = max(lengths) >= ELSEWHERE
            version = 45 if large else 20 if deflated else 10
            newest = max(newest, version)
            flags = 0 if name.isascii() else 1 << 11
            # Time 0 and date 0x21: 1980-01-01T00:00:00.
            common = struct.pack(
                "<BBHHHHIIIH", version, 0, flags, method, 0, 0x21, info.CRC,
                *([ELSEWHERE] * 2 if large else lengths), len(name.encode()),
            )  # fmt: skip
            numbers = lengths[::-1] if large else []
            extra = zip64(numbers)
            local = b"PK\x03\x04" + common + struct.pack("<H", len(extra)) + name.encode() + extra
            need(self.data[at : at + len(local)] == local, f"the zip header of {name}")
            extra = zip64(numbers + [at] * (at >= ELSEWHERE))
            directory += b"PK\x01\x02" + bytes((version, 3)) + common
            directory += struct.pack("<H", len(extra)) + bytes(6)
            directory += struct.pack("<II", 0o100644 << 16, min(at, ELSEWHERE))
            directory += name.encode() + extra
            at += len(local)
            if member:
                place = (member["offset"], member["length"], member["length"])
                need((at, info.file_size, info.compress_size) == place, f"the place of {name}")
            at += info.compress_size
        count, size, short = len(infos), len(directory), len(directory)
        if count > MANY or max(size, at) > ELSEWHERE:
            directory += b"PK\x06\x06" + struct.pack("<QHHII", 44, newest, newest, 0, 0)
            directory += struct.pack("<QQQQ", count, count, size, at)
            directory += b"PK\x06\x07" + struct.pack("<IQI", 0, at + size, 1)
            short = ELSEWHERE
        counts = (min(count, MANY),) * 2
        end = struct.pack("<HHHHIIH", 0, 0, *counts, short, min(at, ELSEWHERE), 0)
        directory += b"PK\x05\x06" + end
        need(self.data[at : self.length] == directory, "the central directory")

    def listing(self, part):
        tree = part["tree"]
        need(tree["unpacked"] <= MAX_TREE, "a listing that is too long")
        text = unzstd(self.member(tree, "a listing"), tree["unpacked"], self.window_log)
        need(digest(text) == part["digest"], "the digest of a listing")
        items = parse_listing(text.decode())
        sizes = [item[1] for item in items.values() if item[0] != "l"]
        need((len(items), sum(sizes)) == (part["files"], part["bytes"]), "files or bytes")
        return items

    def component(self, part):
        """Checks all of a component and returns its listing."""
        items = self.listing(part)
        need(len(part["blobs"]) <= MAX_BLOBS, "too many blobs")
        left = dict(items)
        python = self.manifest["python"]["executable"]
        for blob in part["blobs"]:
            data = self.member(blob, "a blob")
            tar = Unzstd(data, blob["unpacked"], self.window_log)
            for path, kind, executable, contents in read_tar(tar):
                need(path in left, f"{path} is not listed, or there twice")
                listed = left.pop(path)
                if kind == "l":
                    need(listed == ("l", contents), f"{path} is another link")
                    continue
                need(listed[0] in ("xs" if executable else "f"), f"the mode of {path}")
                hasher, size, start = blake3(), 0, b""
                for piece in contents:
                    hasher.update(piece)
                    size += len(piece)
                    # Enough for the interpreter's headers.
                    start = start or piece
                found = (size, hasher.hexdigest()[:32])
                need(listed[1:] == found, f"the contents of {path}")
                if part["kind"] == "runtime" and path == python:
                    check_elf(start, self.manifest["target"], "the interpreter")
                script = listed[0] == "s"
                need(not script or start.startswith(b"#!python"), f"{path} is no script")
            tar.finish()
        need(not left, f"{len(left)} listed files are in no blob")
        return items


def parse_listing(text):
    need(text == "" or text.endswith("\n"), "the last line of a listing")
    items, last, above = {}, None, set()
    for line in text.split("\n")[:-1]:
        fields = line.split("\t")
        if fields[0] == "l" and len(fields) == 3:
            path = check_path(fields[2])
            item = ("l", check_link(path, fields[1]))
        else:
            need(len(fields) == 4 and fields[0] in ("f", "x", "s"), f"a line {line!r}")
            letter, size, sum_, path = fields
            check_path(path)
            need(size.isascii() and size.isdigit() and str(int(size)) == size, f"size {size!r}")
            need(len(sum_) == 32 and set(sum_) <= HEX, f"digest {sum_!r}")
            item = (letter, int(size), sum_)
        need(last is None or last.encode() < path.encode(), f"{path} is out of order")
        items[path], last = item, path
        while "/" in path:
            path = path.rpartition("/")[0]
            above.add(path)
    need(len(items) <= MAX_FILES, "too many files")
    need(not above & items.keys(), "an item below a file or a link")
    return items


def octal(field, what):
    need(field[-1] == 0 and set(field[:-1]) <= set(b"01234567"), f"tar: {what}")
    return int(field[:-1], 8)


def zip64(numbers):
    """The extra field with numbers of eight bytes (APPNOTE 4.5.3); nothing without any."""
    if not numbers:
        return b""
    return struct.pack(f"<HH{len(numbers)}Q", 1, 8 * len(numbers), *numbers)


def read_tar(tar):
    """Yields path, "f" or "l", whether it is executable, and pieces of the contents, or the target."""

    def header():
        block = tar.read(BLOCK)
        if block == bytes(BLOCK):
            return block, None
        blank = block[:148] + b" " * 8 + block[156:]
        need(block[155] == 0x20 and octal(block[148:155], "checksum") == sum(blank), "tar: checksum")
        need(block[257:265] == b"ustar\x0000", "tar: magic")
        return block, chr(block[156])

    def pieces(size):
        while size:
            piece = tar.read(min(size, PIECE))
            size -= len(piece)
            yield piece

    def text(field):
        return field.split(b"\0", 1)[0].decode()

    while True:
        block, kind = header()
        if kind is None:
            need(tar.read(BLOCK) == bytes(BLOCK) and tar.left == 0, "the end of a tar")
            return
        pax = {}
        if kind == "x":
            size = octal(block[124:136], "size")
            need(size <= MAX_PAX, "tar: a long pax header")
            pax = read_pax(tar.read(size))
            tar.read(-size % BLOCK)
            block, kind = header()
        prefix, name = text(block[345:500]), text(block[:100])
        path = check_path(pax.get("path") or (f"{prefix}/{name}" if prefix else name))
        size = octal(block[124:136], "size")
        if kind == "0":
            mode = octal(block[100:108], "mode")
            need(mode in (0o644, 0o755), f"tar: mode {mode:o}")
            need("linkpath" not in pax and block[157] == 0, "tar: a file with a target")
            yield path, "f", mode == 0o755, pieces(size)
            tar.read(-size % BLOCK)
        elif kind == "2":
            need(size == 0, "tar: a link with contents")
            target = pax.get("linkpath") or text(block[157:257])
            yield path, "l", False, check_link(path, target)
        else:
            raise Bad(f"tar: type {kind!r}")


def read_pax(data):
    records = {}
    while data:
        digits, _, _ = data.partition(b" ")
        need(digits.isdigit() and len(digits) < int(digits) <= len(data), "tar: pax record")
        record, data = data[len(digits) + 1 : int(digits)], data[int(digits) :]
        key, equals, value = record.decode().partition("=")
        need(equals and value.endswith("\n"), "tar: pax record")
        need(key in ("path", "linkpath") and key not in records, f"tar: pax record {key}")
        records[key] = value[:-1]
    return records


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive")
    parser.add_argument("--with", dest="runtime", help="the runtime file of the archive")
    parser.add_argument("--files", action="store_true", help="list every file, too")
    arguments = parser.parse_args()
    try:
        archive = Archive(arguments.archive)
        archive.check_manifest()
        if arguments.runtime:
            archive.check_fit(Archive(arguments.runtime))
        archive.check_stub()
        archive.check_zip(arguments.archive)
        manifest = archive.manifest
        name, _, _ = TARGETS[manifest["target"]]
        print(manifest["name"], manifest.get("version", ""), "for", name)
        for entry in manifest["entries"]:
            print("entry", entry["name"], "runs", entry["runs"])
        files = 0
        for part in manifest["components"]:
            items = archive.component(part)
            files += len(items)
            stored = part["tree"]["length"] + sum(blob["length"] for blob in part["blobs"])
            print(part["kind"], part["name"], part["version"], part["digest"][:32], end=" ")
            print(f"{len(items)} files, {part['bytes']} bytes, {stored} stored")
            if arguments.files:
                for path, item in items.items():
                    print(" ", item[0], path, "->" if item[0] == "l" else "", item[1])
    except BROKEN as error:
        sys.exit(f"{arguments.archive}: {type(error).__name__}: {error}")
    print(f"whole: {len(manifest['components'])} components, {files} files, every digest right")


if __name__ == "__main__":
    main()
