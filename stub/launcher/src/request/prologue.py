def _begin():
    import os, pkgutil, runpy, sys
    from posix import environ, putenv, unsetenv
    del globals()["_begin"]
    for name in list(environ):
        if name[:11] == b"SNAKECRATE_" and name[11:].startswith(
            (b"LD_", b"PYTHONEXECUTABLE", b"__PYVENV_LAUNCHER__")
        ):
            value = environ.pop(name)
            unsetenv(name)
            if name[11:14] == b"LD_":
                environ[name[11:]] = value
                putenv(name[11:], value)
    search, kind, value = sys.argv[1:4]
    own = not (sys.flags.isolated or getattr(sys.flags, "safe_path", False))
    if search:
        sys.path.insert(own, search)
    sys.argv[:4] = [{"code": "-c", "module": "-m"}.get(kind, value)]
    if kind == "code":
        # Tracebacks of CPython 3.13 show lines of `-c`, which are those of the prologue.
        cache = getattr(sys.modules.get("linecache"), "cache", {})
        if "<string>" in cache:
            cache["<string>"] = len(value), None, value.splitlines(True), "<string>"
        return compile(value, "<string>", "exec", 0, True)
    if kind == "module":
        if own:
            sys.path[0] = os.getcwd()
        runpy._run_module_as_main(value)
    elif kind == "input":
        globals()["__file__"] = "<stdin>"
        return compile(sys.stdin.buffer.read(), "<stdin>", "exec", 0, True)
    elif kind == "prompt":
        if not sys.flags.quiet:
            print(f"Python {sys.version} on {sys.platform}", file=sys.stderr)
    elif pkgutil.get_importer(path := os.path.abspath(value)):
        sys.path[:own] = [path]
        runpy._run_module_as_main("__main__", False)
    else:
        if own:
            sys.path[0] = os.path.dirname(os.path.realpath(path))
        from importlib.machinery import SourceFileLoader
        globals().update(__file__=path, __loader__=SourceFileLoader("__main__", path))
        with open(path, "rb") as file:
            return compile(file.read(), path, "exec", 0, True)
    return ""
exec(_begin())
