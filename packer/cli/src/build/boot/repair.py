"""Is a failed start due to a damaged cache? Run by a boot script while it handles the error.

If so, and if the archive has mended something, the archive is started again in the place of this
process. Otherwise nothing happens, and the boot script lets the error go on. No module is imported
that is not part of the interpreter: what is damaged may be the library.
"""

import posix
import sys

# What imports raise where files are gone, cut or altered: of modules, bytecode and libraries, and
# of data that a module reads.
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
# The status of an archive that has mended something, if it is asked to tell.
MENDED = 10
# Set where a start is the second one: there is no third.
AGAIN = b"SNAKECRATE_REPAIRED"
# Names that the launcher has hidden begin so.
HIDING = b"SNAKECRATE_"
HIDDEN = (b"LD_", b"PYTHONEXECUTABLE", b"__PYVENV_LAUNCHER__")
# As of `compile()`: a tree, no code.
ONLY_AST = 0x400


def is_like_damage(error):
    """Whether it, or what it was made of, is what a damaged cache makes."""
    seen = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, KINDS) or isinstance(error, TypeError) and "marshal" in str(error):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


def has_begun(trace):
    """Whether the main module has done more than to import and define.

    Boot scripts call a function after this point, so only modules and scripts come so far.
    """
    boot = trace.tb_frame.f_code
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_globals.get("__name__") == "__main__" and frame.f_code is not boot:
            code = frame.f_code
            # What `_start` of a boot script does comes before the script.
            if code.co_filename.startswith(f"{sys.prefix}/boot/"):
                trace = trace.tb_next
                continue
            return code.co_name != "<module>" or not is_import(code.co_filename, trace.tb_lineno)
        trace = trace.tb_next
    return False


def is_import(path, line):
    """Whether the file imports in this line, and does nothing else before."""
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


def environment():
    """As the user had it: what the application has changed so far it will change again."""
    entries = [entry.partition(b"=") for entry in fields("/proc/self/environ")]
    names = {name: value for name, is_set, value in entries if name and is_set}
    hidden = [name for name in names if name.startswith(tuple(HIDING + start for start in HIDDEN))]
    for name in hidden:
        names[name[len(HIDING) :]] = names.pop(name)
    return names


def arguments():
    """The archive's: what follows the boot script, of which the first is its own name."""
    given = fields("/proc/self/cmdline")
    boot = f"{sys.prefix}/boot/".encode(sys.getfilesystemencoding(), "surrogateescape")
    for index, argument in enumerate(given):
        if index and argument.startswith(boot):
            return given[index + 1 :]
    return []


def let_go_of_lease():
    """The next process has its own, of the environment that may have taken this one's place."""
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
    variables, own = environment(), arguments()
    archive = variables.get(b"SNAKECRATE_ARCHIVE", b"")
    # A switch that is set is one that this launcher does not know.
    if AGAIN in variables or b"SNAKECRATE" in variables or not own:
        return
    if not archive.startswith(b"/") or not posix.access(archive, posix.X_OK):
        return
    let_go_of_lease()
    actions = [(posix.POSIX_SPAWN_OPEN, n, "/dev/null", posix.O_RDWR, 0) for n in range(3)]
    switch = {**variables, b"SNAKECRATE": b"repair"}
    child = posix.posix_spawn(archive, [archive, "--exit-code"], switch, file_actions=actions)
    status = posix.waitpid(child, 0)[1]
    if posix.WIFEXITED(status) and posix.WEXITSTATUS(status) == MENDED:
        posix.execve(archive, own, {**variables, AGAIN: b"1"})


run()
