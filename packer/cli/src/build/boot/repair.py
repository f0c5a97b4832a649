"""Repairs a damaged cache after a failed start. A boot script runs this while it handles the error.

If the archive has repaired something, it replaces this process and starts again. Otherwise nothing
happens, and the boot script raises the error again. This file imports only modules that are built
into the interpreter, since the library may be damaged.
"""

import posix
import sys

# Errors of imports when files are missing, truncated or changed: modules, bytecode, libraries, and
# data that a module reads.
KINDS = (
    AttributeError,
    EOFError,
    FileNotFoundError,
    ImportError,
    NameError,
    NotADirectoryError,
    SyntaxError,
    SystemExit,
    ValueError,
)
# The status of `repair --exit-code` if the archive has repaired something.
REPAIRED = 10
# This variable marks the second start, so there is no third one.
AGAIN = b"SNAKECRATE_REPAIRED"
# The launcher puts this before the names of variables that it hides.
HIDING = b"SNAKECRATE_"
HIDDEN = (b"LD_", b"PYTHONEXECUTABLE", b"__PYVENV_LAUNCHER__")
# `ast.PyCF_ONLY_AST`: `compile()` returns a tree instead of code.
ONLY_AST = 0x400


def is_like_damage(error):
    """Whether a damaged cache can cause the error or one of the errors behind it."""
    seen = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, KINDS) or isinstance(error, TypeError) and "marshal" in str(error):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


def has_begun(trace):
    """Whether the main module has done more than to import and define.

    Only modules and scripts can have begun: boot scripts call functions outside of their `try`.
    """
    boot = trace.tb_frame.f_code
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_globals.get("__name__") == "__main__" and frame.f_code is not boot:
            code = frame.f_code
            # `_start` of a boot script runs before the script.
            if code.co_filename.startswith(f"{sys.prefix}/boot/"):
                trace = trace.tb_next
                continue
            return code.co_name != "<module>" or not is_import(code.co_filename, trace.tb_lineno)
        trace = trace.tb_next
    return False


def is_import(path, line):
    """Whether the line is an import, and only imports and definitions come before it."""
    with open(path, "rb") as file:
        tree = compile(file.read(), path, "exec", ONLY_AST, True)
    until = [statement for statement in tree.body if statement.lineno <= line]
    kinds = [type(statement).__name__ for statement in until]
    for statement, kind in zip(until, kinds):
        is_text = kind == "Expr" and type(statement.value).__name__ in ("Constant", "Str")
        if kind not in ("Import", "ImportFrom", "FunctionDef", "AsyncFunctionDef") and not is_text:
            return False
    return bool(kinds) and kinds[-1] in ("Import", "ImportFrom")


def fields(path):
    with open(path, "rb") as file:
        return file.read().split(b"\0")[:-1]


def hidden():
    """The environment that the launcher gave to this process."""
    entries = [entry.partition(b"=") for entry in fields("/proc/self/environ")]
    return {name: value for name, is_set, value in entries if name and is_set}


def environment():
    """The user's environment, without changes by the application, which will make them again."""
    names = hidden()
    changed = [name for name in names if name.startswith(tuple(HIDING + start for start in HIDDEN))]
    for name in changed:
        names[name[len(HIDING) :]] = names.pop(name)
    return names


def arguments():
    """The interpreter's arguments; the archive's, its own name first: those after the path of the
    boot script; and whether that is the first-run hook's."""
    given = fields("/proc/self/cmdline")
    boot = f"{sys.prefix}/boot/".encode(sys.getfilesystemencoding(), "surrogateescape")
    for index, argument in enumerate(given):
        if index and argument.startswith(boot):
            return given, given[index + 1 :], argument == boot + b"first-run"
    return given, [], False


def release_lease():
    """Closes the lease when the next process starts, which takes its own.

    The repair may have replaced this lease's environment.
    """
    own = posix.stat(sys.prefix)
    for number in range(3, 64):
        try:
            found = posix.fstat(number)
        except OSError:
            continue
        if (found.st_dev, found.st_ino) == (own.st_dev, own.st_ino):
            posix.set_inheritable(number, False)


def run():
    _, error, trace = sys.exc_info()
    if not is_like_damage(error) or has_begun(trace):
        return
    variables, (given, own, is_hook) = environment(), arguments()
    archive = variables.get(b"SNAKECRATE_ARCHIVE", b"")
    # If `SNAKECRATE` named a command, the launcher would not have started this script. An empty one
    # names none.
    if AGAIN in variables or variables.get(b"SNAKECRATE") or not own:
        return
    if not archive.startswith(b"/") or not posix.access(archive, posix.X_OK):
        return
    release_lease()
    actions = [(posix.POSIX_SPAWN_OPEN, n, "/dev/null", posix.O_RDWR, 0) for n in range(3)]
    switch = {**variables, b"SNAKECRATE": b"repair"}
    child = posix.posix_spawn(archive, [archive, "--exit-code"], switch, file_actions=actions)
    status = posix.waitpid(child, 0)[1]
    if posix.WIFEXITED(status) and posix.WEXITSTATUS(status) == REPAIRED:
        if is_hook:
            # The launcher waits for the hook. The interpreter has the same path as before.
            posix.execve(given[0], given, {**hidden(), AGAIN: b"1"})
        posix.execve(archive, own, {**variables, AGAIN: b"1"})


run()
