"""Proves the Python entries of an archive: makes the imports that a start would make. Or records what
a process loads that was started otherwise.

The packer adds a call of `prove` or `record` and runs this in the archive's interpreter. Each result is a line of
JSON, written at once, so that the packer knows what a crash interrupted. This file imports only
modules that are built into the interpreter, since the archive may have a part of the library only,
and since everything that it imports itself would count as the application's.
"""

import posix
import sys
from _io import FileIO, StringIO
from time import perf_counter

# The name of code that stands for a start; the frames of that code are not shown.
START = "<start>"
# The files of modules that were found, but not loaded.
LOCATED = []


class Plain:
    """Imports without the fast start."""

    def __enter__(self):
        pass

    def __exit__(self, kind, error, trace):
        pass


def fast_start():
    """The context in which the archive's boot scripts import, without waiting for the first use."""
    if hasattr(sys, "set_lazy_imports"):
        sys.set_lazy_imports("normal")
    from _frozen_importlib_external import SourceFileLoader

    name, path = "snakecrate_start", sys.prefix + "/boot/lib/start.py"
    try:
        posix.stat(path)
    except OSError:
        return Plain
    scope = {"__name__": name}
    exec(SourceFileLoader(name, path).get_code(name), scope)
    return scope["Start"]


def run(code):
    scope = {"__name__": "__main__"}
    exec(compile(code, START, "exec"), scope)
    return scope


def check_call(context, module, attr):
    first, *rest = attr.split(".")
    with context():
        found = run(f"from {module} import {first}")[first]
    for name in rest:
        found = getattr(found, name)
    if not callable(found):
        raise TypeError(f"{module}:{attr} is not callable, but a {type(found).__name__}")


def compiled(spec):
    """Lets the module's source be compiled, as its start would; that of a native one is none."""
    get_code = getattr(spec.loader, "get_code", None)
    if get_code is not None:
        get_code(spec.name)


def check_module(context, module):
    from importlib.util import find_spec

    spec = find_spec(module)
    if spec is None:
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)
    LOCATED.append(spec.origin)
    if spec.submodule_search_locations is not None:
        spec = find_spec(f"{module}.__main__")
        if spec is None:
            raise ImportError(f"{module!r} is a package without a __main__ module", name=module)
        LOCATED.append(spec.origin)
    compiled(spec)


def check_script(context, directory, path, code):
    path = f"{sys.prefix}/{path}"
    with FileIO(path) as file:
        compile(file.readall(), path, "exec", dont_inherit=True)
    if directory:
        sys.path.insert(0, f"{sys.prefix}/{directory}")
    with context():
        run(code)
    if directory:
        del sys.path[0]


def shown(error):
    """The traceback of an error, without the frames of this file and of the import system that it calls."""

    def is_own(file):
        return file in (__file__, START) or file.startswith("<frozen importlib")

    trace = error.__traceback__
    while trace is not None and is_own(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    stream, sys.stderr = sys.stderr, StringIO()
    try:
        sys.__excepthook__(type(error), error.with_traceback(trace), trace)
        return sys.stderr.getvalue()
    finally:
        sys.stderr = stream


def missing(error):
    """The name of the module that an error, or one behind it, did not find."""
    seen = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, ModuleNotFoundError) and isinstance(error.name, str):
            return error.name
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return None


def encoded(value):
    if value is None:
        return "null"
    if isinstance(value, str):
        return '"' + "".join(map(escaped, value)) + '"'
    if isinstance(value, list):
        return "[" + ",".join(map(encoded, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{encoded(k)}:{encoded(v)}" for k, v in value.items()) + "}"
    return repr(value)


def escaped(character):
    if " " <= character <= "~" and character not in '"\\':
        return character
    code = ord(character)
    if code < 0x10000:
        # Half of a surrogate pair stands for a byte that isn't text.
        return "\\u%04x" % (0xFFFD if 0xD800 <= code < 0xE000 else code)
    code -= 0x10000
    return "\\u%04x\\u%04x" % (0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF))


def inside(path):
    """The path in the environment or in the runtime, which may be in it; others stay absolute."""
    for tree in (sys.base_prefix, sys.prefix):
        if path.startswith(tree + "/"):
            return path[len(tree) + 1 :]
    return path


def modules():
    found = {}
    for name, module in list(sys.modules.items()):
        if not isinstance(name, str):
            continue
        try:
            # A lazy module would be loaded by an ordinary look at its attributes.
            scope = object.__getattribute__(module, "__dict__")
            path = scope.get("__file__")
            if name == "__main__":
                # The module of `-m` has a name, others have none.
                name = scope["__spec__"].name
        except Exception:
            if name == "__main__":
                continue
            path = None
        found[name] = inside(path) if isinstance(path, str) else None
    return found


def replaced():
    """The files of modules that have put another module in their place, as `collections.abc` does."""
    found = []
    for name, file in modules().items():
        parent, _, tail = name.rpartition(".")
        if not parent or f"/{tail}." in (file or "") or f"/{tail}/__init__." in (file or ""):
            continue
        try:
            for directory in object.__getattribute__(sys.modules[parent], "__dict__")["__path__"]:
                names = {f"{tail}.py", f"{tail}.pyc"}.intersection(posix.listdir(directory))
                found.extend(inside(f"{directory}/{file}") for file in names)
        except Exception:
            pass
    return found


def libraries():
    """The files whose code is mapped into this process."""
    found = set()
    try:
        with open("/proc/self/maps", "rb") as file:
            for line in file:
                fields = line.decode("utf-8", "replace").rstrip("\n").split(None, 5)
                if len(fields) == 6 and "x" in fields[1] and fields[5].startswith("/"):
                    found.add(inside(fields[5]))
    except OSError:
        pass
    return sorted(found)


def memory():
    """The most memory that this process has used, in bytes."""
    try:
        with open("/proc/self/status", "rb") as file:
            for line in file:
                if line.startswith(b"VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def errors():
    """Loads what shows an error or a warning."""
    import traceback
    import warnings

    try:
        raise ValueError
    except ValueError as error:
        traceback.format_exception(type(error), error, error.__traceback__)
    warnings.formatwarning("", Warning, START, 1)


def others(before):
    """The files of the modules that were only located, or that came since `before` (see `modules`)."""
    files = {file for name, file in modules().items() if file and name not in before}
    files.update(inside(file) for file in LOCATED if file)
    return sorted(files.union(replaced()))


def record(results):
    """Writes what this process has loaded to `results` when it ends, and what children load that it forks."""
    import atexit

    owner, files = posix.getpid(), set()

    def append(value):
        try:
            out = posix.open(results, posix.O_WRONLY | posix.O_CREAT | posix.O_APPEND | posix.O_CLOEXEC, 0o600)
            posix.write(out, (encoded(value) + "\n").encode())
            posix.close(out)
        except OSError:
            pass

    def watch(event, arguments):
        # Code that runs, extension modules, and sources that are read: modules need not stay in `sys.modules`.
        if event == "exec":
            file = getattr(arguments[0], "co_filename", None)
        elif event == "import":
            file = arguments[1]
        elif event == "open":
            file = arguments[0]
        else:
            return
        if not isinstance(file, str) or not file.endswith((".py", ".so")):
            return
        file = inside(file)
        if file.startswith("/") or file in files:
            return
        files.add(file)
        # Workers are often ended by a signal, without an exit handler.
        append({"files": [file]})

    def write():
        if posix.getpid() == owner:
            append({"modules": modules(), "libraries": libraries(), "files": replaced()})

    sys.addaudithook(watch)
    atexit.register(write)


CHECKS = {"call": check_call, "module": check_module, "script": check_script}


def prove(subjects, results):
    out = posix.open(results, posix.O_WRONLY | posix.O_CREAT | posix.O_CLOEXEC, 0o600)

    def write(value):
        posix.write(out, (encoded(value) + "\n").encode())

    if not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
        # The directory of this file; applications find the working directory there.
        sys.path[0] = ""
    context = fast_start()
    for name, kind, *arguments in subjects:
        write({"begin": name})
        sys.argv[:] = [name]
        started, place = perf_counter(), list(sys.path)
        failure = absent = None
        try:
            CHECKS[kind](context, *arguments)
        except BaseException as error:
            failure, absent = shown(error), missing(error)
            sys.path[:] = place
        seconds = perf_counter() - started
        write({"end": name, "seconds": seconds, "failure": failure, "missing": absent})
    found = {"modules": modules(), "libraries": libraries(), "memory": memory()}
    errors()
    write({**found, "files": others(found["modules"])})
    # Threads and exit handlers of the application would take time, and prove nothing.
    posix._exit(0)
