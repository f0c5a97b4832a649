"""Imports an entry point faster. The boot scripts of an archive share this file.

While `Start` is entered:

* The garbage collector does not run. Objects that an import creates stay alive, so collecting them
  is useless. Afterwards they are frozen, so later collections skip them, too.
* Modules of the environment and of the runtime are found by a list of names per directory. Their
  files do not change, so `FileFinder` need not check the time of each directory, nor
  `SourceLoader` the time of each source.

* If the archive was built for lazy imports, modules of the application and its wheels are loaded when
  one of their names is used. From 3.15 on the interpreter does this, and better.

Afterwards `sys.meta_path` and the collector's thresholds are restored. The import system handles
all other cases: other entries of `sys.path`, hooks, namespaces, extension modules, and modules
that do not exist.
"""

import marshal
import posix
import sys

LOADED = "gc" in sys.modules
# At once, even where imports are lazy.
gc = __import__("gc")

import _imp
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import (
    MAGIC_NUMBER,
    PathFinder,
    SourceFileLoader,
    cache_from_source,
)

# The application sees the modules that it would see without this file.
if not LOADED:
    del sys.modules["gc"]

# A threshold that is never reached; `__exit__` also recognises it as its own.
NEVER = 2**31 - 1
# The bytes that are read at a time: more than most modules have, and few enough for the C library's heap.
PIECE = 1 << 16
# PEP 552: hash-based, not checked.
HEADER = MAGIC_NUMBER + b"\1\0\0\0"
# "/__pycache__/", and the end of a bytecode file's name: ".cpython-312.pyc".
DIRECTORY, SUFFIX = cache_from_source("./m.py")[1:].split("m", 1)
# Reads bytecode from packs; `None` if the environment has none.
PACKS = getattr(SourceFileLoader.get_data, "packs", None)
# The modules of the application and its wheels; not the library's.
OWN = f"{sys.prefix}/lib/"
# Suffixes that the import system tries before and after `.py`.
OTHERS = (*_imp.extension_suffixes(), ".pyc")


class Loader(SourceFileLoader):
    """Loads bytecode unchecked: the packer compiled it from this source."""

    # The modules of the same directory that are in a pack, if this one is.
    packed = None

    def get_code(self, fullname):
        directory, _, name = self.path.rpartition("/")
        try:
            if self.packed is not None:
                data = self.packed.read(name[:-3])
            else:
                data = read(f"{directory}{DIRECTORY}{name[:-3]}{SUFFIX}")
        except OSError:
            data = b""
        # Outside of the handler, or errors of the source would follow another one.
        if data[:8] != HEADER:
            return super().get_code(fullname)
        code = marshal.loads(memoryview(data)[16:])
        _imp._fix_co_filename(code, self.path)
        return code


def read(path):
    """The contents of the file, with a third of the system calls that `get_data` takes."""
    file = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    try:
        data = posix.read(file, PIECE)
        if len(data) == PIECE:
            pieces = [data]
            while pieces[-1]:
                pieces.append(posix.read(file, PIECE))
            data = b"".join(pieces)
        return data
    finally:
        posix.close(file)


class Finder:
    """Finds plain modules in directories of the cache; asked just before `PathFinder`."""

    def __init__(self, lazy):
        # The loader's wrapper for modules that wait.
        self.lazy = lazy
        self.hooks = list(sys.path_hooks)
        self.trees = (f"{sys.prefix}/", f"{sys.base_prefix}/")
        self.listings, self.packs = {}, {}

    def find_spec(self, name, path=None, target=None):
        found = self.find(name, path)
        if self.lazy is not None and found is not None and found.origin.startswith(OWN):
            found.loader = self.lazy(found.loader)
        return found

    def find(self, name, path):
        if sys.path_hooks != self.hooks:
            return None
        if path is None:
            path = sys.path
        # The path of a namespace package has another type.
        elif type(path) is not list:
            return None
        tail = name.rpartition(".")[2]
        for directory in path:
            if PACKS is not None:
                found = self.in_pack(name, directory, tail)
                if found is not None:
                    return found
            names, others = self.names(directory)
            if names is None:
                return None
            if tail in names:
                package = f"{directory}/{tail}"
                inside, others_inside = self.names(package)
                if inside is None or "__init__" in others_inside:
                    return None
                if "__init__.py" in inside:
                    packed = packed_in(package, "__init__", inside)
                    return spec(name, package, "__init__", [package], packed)
            if tail in others:
                return None
            if tail + ".py" in names:
                return spec(name, directory, tail, None, packed_in(directory, tail, names))
        return None

    def in_pack(self, name, directory, tail):
        """The module, if the directory belongs to a package with a pack that has it."""
        packed = self.pack(directory)
        if packed is None:
            return None
        if (f"{packed.path}/{tail}" if packed.path else tail) in packed.pack.sections:
            package = f"{directory}/{tail}"
            inside = self.pack(package)
            if inside is not None and "__init__" in inside.names:
                return spec(name, package, "__init__", [package], inside)
        return spec(name, directory, tail, None, packed) if tail in packed.names else None

    def pack(self, directory):
        """The modules of the directory that are in a pack, if it belongs to one distribution alone."""
        try:
            return self.packs[directory]
        except KeyError:
            pass
        packed = PACKS.directory(directory) if type(directory) is str else None
        if packed is not None and not packed.pack.is_alone:
            packed = None
        self.packs[directory] = packed
        return packed

    def names(self, directory):
        """The names in the directory, `None` if it isn't a directory of the cache; and the modules in it that
        have a file with another suffix than `.py`."""
        try:
            return self.listings[directory]
        except KeyError:
            pass
        names, others = None, ()
        if isinstance(directory, str) and directory.startswith(self.trees):
            try:
                names = frozenset(posix.listdir(directory))
                others = [name for name in names if name.endswith(OTHERS)]
                pairs = [(name, suffix) for name in others for suffix in OTHERS]
                others = {name[: -len(end)] for name, end in pairs if name.endswith(end)}
            except FileNotFoundError:
                names = frozenset()
            except OSError:
                pass
        self.listings[directory] = names, others
        return names, others


def packed_in(directory, stem, names):
    """The modules of the directory that are in a pack, if this one is among them. If the directory has
    bytecode of its own, that may be this module's."""
    packed = None
    if PACKS is not None and "__pycache__" not in names:
        packed = PACKS.directory(directory)
    return packed if packed is not None and stem in packed.names else None


def spec(name, directory, stem, search, packed):
    path = f"{directory}/{stem}.py"
    loader = Loader(name, path)
    loader.packed = packed
    spec = ModuleSpec(name, loader, origin=path)
    spec.submodule_search_locations = search
    spec.has_location = True
    spec.cached = f"{directory}{DIRECTORY}{stem}{SUFFIX}"
    return spec


class Start:
    """The context in which an entry point is imported."""

    def __init__(self, lazy=False):
        self.lazy = None
        if lazy and not hasattr(sys, "set_lazy_imports"):
            from importlib.util import LazyLoader

            self.lazy = LazyLoader

    def __enter__(self):
        self.thresholds = gc.get_threshold()
        gc.set_threshold(NEVER, *self.thresholds[1:])
        self.finder = None
        if PACKS is not None:
            PACKS.stay_open = True
        # If Python has to check bytecode or has it elsewhere, only `FileFinder` handles that.
        if _imp.check_hash_based_pycs == "default" and sys.pycache_prefix is None:
            self.finder = Finder(self.lazy)
            if PathFinder in sys.meta_path:
                sys.meta_path.insert(sys.meta_path.index(PathFinder), self.finder)

    def __exit__(self, kind, error, traceback):
        if self.finder in sys.meta_path:
            sys.meta_path.remove(self.finder)
        if PACKS is not None:
            PACKS.stay_open = False
            PACKS.close()
        # The imported code may have set its own threshold.
        if gc.get_threshold()[0] == NEVER:
            if error is None:
                gc.freeze()
            gc.set_threshold(*self.thresholds)
