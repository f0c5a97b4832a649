"""Lets the import system read bytecode from packs.

A line of a `.pth` file runs this in every interpreter that has the directory `SITE` of modules. A
pack has the bytecode of all modules of one package, so that it is one file instead of thousands.

Only bytecode is in packs: sources and other data are files. `FORMAT.md` describes a pack.
"""

import marshal
import posix

import _imp
from _frozen_importlib_external import MAGIC_NUMBER, SourceFileLoader, cache_from_source

MAGIC = b"SCPACK\0\1"
# PEP 552: hash-based, not checked.
HEADER = MAGIC_NUMBER + b"\1\0\0\0"
# The start of a tuple of two, of which the first is a tuple, in the format of `marshal`.
INDEX = b"(\2\0\0\0("
# "/__pycache__/", and the end of a bytecode file's name: ".cpython-312.pyc".
DIRECTORY, SUFFIX = cache_from_source("./m.py")[1:].split("m", 1)
END = SUFFIX[:-4] + ".pack"
ROOT = SITE + "/"  # noqa: F821

plain = SourceFileLoader.get_data


class Pack:
    """A pack that was opened. Its file is closed after each use, unless `Packs.stay_open`."""

    def __init__(self, package):
        self.path = f"{SITE}{DIRECTORY}{package.replace('/', '.')}{END}"  # noqa: F821
        self.package, self.file = package, None
        start = self.read(0, 12, MAGIC)
        directories, offsets = self.index(12, 12 + int.from_bytes(start[8:], "little"))
        self.sections = dict(zip(directories, zip(offsets, offsets[1:])))
        # A link leads to one distribution's directory, so no other one has modules in it.
        try:
            posix.readlink(ROOT + package)
            self.is_alone = True
        except OSError:
            self.is_alone = False

    def index(self, start, end):
        names, offsets = marshal.loads(self.read(start, end, INDEX))
        return names, memoryview(offsets).cast("I")

    def read(self, start, end, header):
        """A part of the pack, which begins with `header`."""
        if self.file is not None:
            try:
                data = posix.pread(self.file, end - start, start)
                # The application may have closed the file, and opened another one.
                if len(data) == end - start and data.startswith(header):
                    return data
            except OSError:
                pass
        self.file = None
        file = posix.open(self.path, posix.O_RDONLY | posix.O_CLOEXEC)
        try:
            data = posix.pread(file, end - start, start)
        finally:
            if Packs.stay_open:
                self.file = file
            else:
                posix.close(file)
        if len(data) < end - start or not data.startswith(header):
            raise EOFError(f"{self.path} is damaged")
        return data

    def close(self):
        if self.file is not None:
            posix.close(self.file)
            self.file = None


class Directory:
    """The modules of a directory whose bytecode is in `pack`."""

    __slots__ = ("pack", "path", "names", "offsets")

    def __init__(self, pack, path):
        """`path` counts from the package on; that of the package itself is empty."""
        self.pack, self.path = pack, path
        names, self.offsets = pack.index(*pack.sections[path])
        self.names = dict(zip(names, range(0, 2 * len(names), 2)))

    def read(self, name):
        """The bytecode of a module, `None` if it isn't in the pack."""
        number = self.names.get(name)
        if number is None:
            return None
        return self.pack.read(self.offsets[number], self.offsets[number + 1], HEADER)


def pack_of(directory):
    """The pack for modules in the directory below `SITE`, if there is one."""
    while directory not in PACKS:
        directory = directory.rpartition("/")[0]
        if not directory:
            return None
    if PACKS[directory] is None:
        PACKS[directory] = Pack(directory)
    return PACKS[directory]


class Packs:
    """What the fast start uses."""

    stay_open = False
    directories = {}

    @classmethod
    def directory(cls, path):
        """The modules in the directory at the absolute path, if it is in a pack."""
        try:
            return cls.directories[path]
        except KeyError:
            pass
        found = None
        if path.startswith(ROOT):
            below = path[len(ROOT) :]
            try:
                pack = pack_of(below)
                below = pack and below[len(pack.package) + 1 :]
                if pack and below in pack.sections:
                    found = Directory(pack, below)
            # Without the pack, sources are compiled.
            except OSError:
                pass
        cls.directories[path] = found
        return found

    @classmethod
    def close(cls):
        """Closes all packs and frees their indexes. Later imports read them again."""
        cls.directories.clear()
        for package, pack in PACKS.items():
            if pack is not None:
                pack.close()
                PACKS[package] = None


def get_data(self, path):
    """The contents of a file, which may be bytecode in a pack."""
    if type(path) is str and path.endswith(SUFFIX):
        directory, _, name = path.rpartition(DIRECTORY)
        found = Packs.directory(directory)
        packed = found and found.read(name[: -len(SUFFIX)])
        if packed is not None:
            return chosen(self, path, packed)
    return plain(self, path)


def chosen(loader, path, packed):
    """The bytecode of the source that is there: two distributions may have a module of one name."""
    try:
        data = plain(loader, path)
    except OSError:
        return packed
    if data == packed:
        return packed
    directory, _, name = path.rpartition(DIRECTORY)
    source = plain(loader, f"{directory}/{name[: -len(SUFFIX)]}.py")
    digest = _imp.source_hash(int.from_bytes(MAGIC_NUMBER, "little"), source)
    return packed if packed[8:16] == digest else data


names = posix.listdir(SITE + "/__pycache__")  # noqa: F821
PACKS = {name[: -len(END)].replace(".", "/"): None for name in names if name.endswith(END)}
get_data.packs = Packs
if PACKS:
    SourceFileLoader.get_data = get_data
