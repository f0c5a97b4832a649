def _variables():
    from posix import environ, putenv, unsetenv
    for name in [name for name in environ if name.startswith(b"SNAKECRATE_")]:
        if name[11:].startswith(
            (b"LD_", b"PYTHONEXECUTABLE", b"__PYVENV_LAUNCHER__", b"REPAIRED")
        ):
            value = environ.pop(name)
            unsetenv(name)
            if name[11:14] == b"LD_":
                environ[name[11:]] = value
                putenv(name[11:], value)
