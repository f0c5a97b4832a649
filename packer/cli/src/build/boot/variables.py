def _variables():
    from posix import environ, putenv, unsetenv
    for name in list(environ):
        if name[:11] == b"SNAKECRATE_" and name[11:].startswith(
            (b"LD_", b"PYTHONEXECUTABLE", b"__PYVENV_LAUNCHER__", b"REPAIRED")
        ):
            value = environ.pop(name)
            unsetenv(name)
            if name[11:14] == b"LD_":
                environ[name[11:]] = value
                putenv(name[11:], value)
