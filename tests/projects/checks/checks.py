"""Tries what depends on the machine: `checks NAME`. Prints what it found; fails with an exception.

Run in the test beds by `ci/beds`, and by the suite.
"""

import ctypes
import curses
import json
import locale
import lzma
import multiprocessing
import os
import platform
import pwd
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import zlib
import zoneinfo
from datetime import datetime
from pathlib import Path

#: The place of the data that these checks need: a certificate with its key, made by its own authority.
BED = Path(os.environ.get("BED", "/bed"))
#: Variables that a caller may have set, and those that CPython adds in a C locale (PEP 538).
OWN = {"SNAKECRATE_ARCHIVE", "LC_CTYPE"}


def need(condition, what):
    if not condition:
        raise SystemExit(f"checks: {what}")


def mapped():
    """The files with code that are mapped into this process."""
    with open("/proc/self/maps") as file:
        lines = [line.split(None, 5) for line in file]
    return sorted(
        {line[5].strip() for line in lines if len(line) == 6 and "x" in line[1] and "/" in line[5]}
    )


def libc():
    """The C library of this process: its path, and the version that it reports."""
    version = ctypes.CDLL(None).gnu_get_libc_version
    version.restype = ctypes.c_char_p
    paths = [path for path in mapped() if Path(path).name.startswith(("libc.so", "libc-2."))]
    need(len(paths) == 1, f"one C library, and not {paths}")
    return json.dumps({"path": paths[0], "version": version().decode(), "cache": str(cache())})


def cache():
    """The root of the cache, with all files of the archive."""
    return Path(sys.prefix).parents[2]


def libraries():
    """With the host's glibc, no other library of the host; with the archive's, none at all."""
    import readline  # Not at the top, as it sets LINES and COLUMNS.

    need(ctypes.CDLL("libc.so.6").getpid() == os.getpid(), "libc by its name")
    need(ctypes.CDLL(None).getpid() == os.getpid(), "libc by symbol")
    need(ctypes.CDLL("libm.so.6"), "libm by its name")
    need(lzma.decompress(lzma.compress(b"x")) == zlib.decompress(zlib.compress(b"x")), "xz, zlib")
    need(readline.get_line_buffer() == "", "readline")
    if json.loads(libc())["path"].startswith(f"{cache()}/"):
        # The host may have them, but they require its C library, and this process has another one.
        for name in ("libcrypt.so.1", "libstdc++.so.6", "libgcc_s.so.1", "libz.so.1"):
            try:
                ctypes.CDLL(name)
            except OSError:
                pass
    own = [path for path in mapped() if path.startswith(f"{cache()}/")]
    foreign = [path for path in mapped() if path not in own]
    bundled = json.loads(libc())["path"] in own
    glibc = (
        "ld-",
        "libc.",
        "libc-2",
        "libm.",
        "libm-2",
        "libdl",
        "libpthread",
        "librt",
        "libutil",
        "libresolv",
    )
    bad = [path for path in foreign if bundled or not Path(path).name.startswith(glibc)]
    need(not bad, f"not of the archive: {', '.join(bad)}")
    return f"{len(own)} of the archive, {len(foreign)} of the host"


def executable():
    """The kernel can start `sys.executable` and the running program."""
    running = os.readlink("/proc/self/exe")
    need(os.path.samefile(running, sys.executable), f"{running} is not {sys.executable}")
    code = "import sys; print(sys.executable, sys.prefix, sys.base_prefix, sep='\\n')"
    out = python(sys.executable, "-c", code).splitlines()
    need(out == [sys.executable, sys.prefix, sys.base_prefix], f"a child says {out}")
    need(python(running, "-c", "print(6 * 7)") == "42\n", "/proc/self/exe is not a Python")
    script = Path(sys.executable).with_name("checks")
    need(python(script, "utf8"), f"{script} does not start")
    return running


def python(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def child():
    """A child interpreter has the application and the same C library."""
    code = "import checks; print(checks.libc())"
    need(json.loads(python(sys.executable, "-c", code)) == json.loads(libc()), "another C library")
    return "same C library"


def shell():
    """A program of the host runs with the host's own libraries."""
    if not Path("/bin/sh").exists():
        return "none"
    need(python("/bin/sh", "-c", "echo $((6 * 7))") == "42\n", "/bin/sh")
    script = 'while read -r line; do echo "$line"; done < /proc/self/maps'
    maps = python("/bin/sh", "-c", script)
    need(str(cache()) not in maps, f"/bin/sh runs with the archive's libraries:\n{maps}")
    found = sorted({word for word in maps.split() if "/libc" in word or "/ld-" in word})
    return ", ".join(found) or "static"


def environment():
    """The environment is the caller's, without variables for the loader, here and in a child."""
    given = set(json.loads(os.environ["GIVEN"])) if "GIVEN" in os.environ else None
    there = json.loads(
        python(sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))")
    )
    for names in (set(os.environ), set(there)):
        need(not [name for name in names if name.startswith("LD_")], f"LD_* is set: {names}")
        if given is not None:
            need(names - OWN == given, f"given {sorted(given)}, found {sorted(names)}")
    return " ".join(sorted(os.environ))


def square(connection, number):
    connection.send(number * number)


def double(number):
    return number * 2


def spawn():
    """A process of `multiprocessing`, started by spawn."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=square, args=(theirs, 7))
    process.start()
    need(ours.poll(60) and ours.recv() == 49, "no answer")
    process.join()
    need(process.exitcode == 0, f"exit status {process.exitcode}")
    return "49"


def pool():
    """A pool of `multiprocessing`: processes, semaphores and a thread."""
    with multiprocessing.get_context("spawn").Pool(2) as workers:
        need(workers.map(double, range(4)) == [0, 2, 4, 6], "wrong results")
    return "4 results"


def sqlite():
    """A database in a file."""
    path = f"/tmp/checks-{os.getpid()}.db"
    with sqlite3.connect(path) as database:
        database.execute("create table t (n integer)")
        database.executemany("insert into t values (?)", [(n,) for n in range(10)])
        need(database.execute("select sum(n) from t").fetchone() == (45,), "a wrong sum")
    os.unlink(path)
    return sqlite3.sqlite_version


def zones():
    """A zone with its summer time."""
    zone = zoneinfo.ZoneInfo("Europe/Berlin")
    hours = [
        datetime(2026, month, 1, tzinfo=zone).utcoffset().total_seconds() / 3600 for month in (1, 7)
    ]
    need(hours == [1, 2], f"Berlin is {hours} hours east")
    need(len(zoneinfo.available_timezones()) > 300, "few zones")
    return "Europe/Berlin"


def terminal():
    """The terminals that `curses` knows."""
    found = []
    for name in ("xterm", "xterm-256color", "screen", "linux", "vt100"):
        curses.setupterm(name, 1)
        need(curses.tigetstr("cup"), f"{name} cannot move the cursor")
        found.append(name)
    return " ".join(found)


def utf8():
    """Text is UTF-8 in any locale: output, arguments, names of files."""
    need(sys.stdout.encoding.lower() == "utf-8", f"output is {sys.stdout.encoding}")
    need(sys.getfilesystemencoding() == "utf-8", "names of files")
    need(
        locale.getencoding().lower() == "utf-8" or sys.flags.utf8_mode,
        f"text files are {locale.getencoding()}",
    )
    path = Path(f"/tmp/checks-ä€-{os.getpid()}")
    path.write_text("ä€😀")
    need(path.read_bytes() == "ä€😀".encode() and path.name in os.listdir("/tmp"), "a file")
    path.unlink()
    return "ä€😀"


def user():
    """The user, with or without an entry in /etc/passwd."""
    home = os.path.expanduser("~")
    try:
        return f"{pwd.getpwuid(os.getuid()).pw_name}, home {home}"
    except KeyError:
        return f"no entry, home {home}"


def names():
    """Addresses without a resolver, and names if the root has /etc/hosts."""
    need(
        socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)[0][4] == ("127.0.0.1", 80),
        "127.0.0.1",
    )
    if not Path("/etc/hosts").exists():
        try:
            socket.getaddrinfo("name.invalid", 80)
        except socket.gaierror as error:
            return f"no /etc/hosts; {error.strerror}"
    address = socket.gethostbyname("localhost")
    need(address == "127.0.0.1", f"localhost is {address}")
    return "localhost"


def tls():
    """A handshake with a server whose certificate is signed by the root's authorities."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(BED / "server.pem", BED / "server.key")
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        with listening, listening.accept()[0] as plain:
            try:
                with server.wrap_socket(plain, server_side=True) as secure:
                    secure.sendall(b"well")
            except OSError:
                pass  # The client reports the reason.

    threading.Thread(target=serve, daemon=True).start()
    context = ssl.create_default_context()
    with socket.create_connection(listening.getsockname(), 20) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as secure:
            need(secure.recv(10) == b"well", "no answer")
            return f"{secure.version()}, {platform.python_implementation()}"


def roots():
    """The archive's authorities, if the root has none."""
    count = len(ssl.create_default_context().get_ca_certs())
    need(count > 50, f"{count} authorities")
    return str(count)


CHECKS = {
    function.__name__: function
    for function in (
        libc, libraries, executable, child, shell, environment, spawn, pool, sqlite, zones, terminal,
        utf8, user, names, tls, roots,
    )
}  # fmt: skip


def main():
    for name in sys.argv[1:]:
        print(CHECKS[name]())
    return 0


if __name__ == "__main__":
    sys.exit(main())
