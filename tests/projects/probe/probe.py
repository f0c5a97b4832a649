"""Reports what it sees, and does what its arguments say: `probe COMMAND ARGUMENTS…`."""

import importlib.metadata
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time


def tell(*lines):
    for line in lines:
        sys.stdout.buffer.write(line if isinstance(line, bytes) else str(line).encode())
        sys.stdout.buffer.write(b"\n")
    sys.stdout.flush()


def argv():
    """The bytes of the arguments, in hex."""
    tell(*(os.fsencode(argument).hex() for argument in sys.argv[2:]))


def argv0():
    tell(os.fsencode(sys.argv[0]))


def environment():
    """The environment, sorted."""
    tell(*sorted(name + b"=" + value for name, value in os.environb.items()))


def child_environment():
    """The environment of a child process."""
    tell(*sorted(subprocess.run(["/usr/bin/env"], stdout=subprocess.PIPE).stdout.splitlines()))


def leave(status):
    """Ends with a status, a message or an exception."""
    if status == "exception":
        raise ValueError("on purpose")
    sys.exit(int(status) if status.lstrip("-").isdigit() else status)


def suicide(number):
    os.kill(os.getpid(), int(number))
    time.sleep(60)


def wait():
    """Prints its process id, then sleeps."""
    tell(os.getpid())
    time.sleep(60)


def handle():
    """Handles one SIGTERM, as a server does."""
    signal.signal(signal.SIGTERM, lambda *_: (os.write(1, b"caught\n"), sys.exit(7)))
    tell("ready")
    time.sleep(60)


def flood():
    """Writes until nobody reads it."""
    while True:
        tell("y" * 4000)


def streams():
    """Writes to a file which standard streams are open, as stdout may be closed."""
    with open("streams", "w") as file:
        for name in ("stdin", "stdout", "stderr"):
            print(name, "closed" if getattr(sys, name) is None else "open", file=file)


def echo():
    """Standard input in capitals on both outputs."""
    text = sys.stdin.read().upper()
    sys.stdout.write(text)
    sys.stderr.write(text)


def masks():
    """The signals that are blocked and ignored."""
    with open("/proc/self/status") as file:
        tell(*(line.strip() for line in file if line.startswith(("SigBlk", "SigIgn"))))


def identity():
    """Process and parent."""
    tell(os.getpid(), os.getppid())


def child():
    """A child interpreter sees the application, and is another process of the same Python."""
    code = "import probe, sys; print(probe.__name__, sys.executable, sys.prefix != sys.base_prefix)"
    command = [sys.executable, "-c", code]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    tell(f"{out[0]}, same executable: {out[1] == sys.executable}, virtual: {out[2]}")


def module():
    """`sys.executable -m` finds the application."""
    subprocess.run([sys.executable, "-m", "probe", "distribution"], check=True)


def square(number):
    return number * number


def workers(method):
    """A pool of processes, started by `method`."""
    context = multiprocessing.get_context(method)
    with context.Pool(2) as pool:
        tell(pool.map(square, range(5)))


def distribution():
    """The data of importlib.metadata."""
    found = importlib.metadata.distribution("probe")
    scripts = [entry.value for entry in found.entry_points if entry.group == "console_scripts"]
    tell(f"{found.metadata['Name']} {found.version} {scripts}")


def loaded(name):
    """The file of a module, relative to the interpreter's own directories."""
    file = __import__(name).__file__
    places = {"app": sys.prefix, "runtime": sys.base_prefix}
    tell(next((key for key, place in places.items() if file.startswith(place)), file))


def libraries():
    """Uses extension modules of the standard library that need shared libraries."""
    import ctypes, hashlib, lzma, sqlite3, ssl, zlib  # noqa: E401

    assert zlib.decompress(zlib.compress(b"x")) == lzma.decompress(lzma.compress(b"x"))
    assert sqlite3.connect(":memory:").execute("select 6 * 7").fetchone() == (42,)
    assert ctypes.CDLL(None).getpid() == os.getpid()
    ssl.create_default_context()
    tell(hashlib.sha256(b"x").hexdigest()[:8])


def mapped():
    """The files that are mapped into the process after it has loaded some libraries."""
    import ctypes, lzma, sqlite3, ssl  # noqa: E401, F401

    with open("/proc/self/maps") as file:
        tell(*sorted({line.split(None, 5)[5].strip() for line in file if "/" in line}))


def facts():
    """Facts that are the same in an ordinary virtual environment."""
    tell(json.dumps({
        "executable": sys.executable,
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "path": sys.path,
        "isolated": sys.flags.isolated,
        "archive": os.environ.get("SNAKECRATE_ARCHIVE"),
        "cwd": os.getcwd(),
    }))  # fmt: skip


def run(code, *_):
    """Runs Python code, which finds further arguments in `sys.argv[3:]`."""
    exec(code, {"__name__": "__main__"})


COMMANDS = {
    function.__name__.replace("_", "-"): function
    for function in (
        argv, argv0, environment, child_environment, leave, suicide, wait, handle, flood, streams,
        echo, masks, identity, child, module, workers, distribution, loaded, libraries, mapped, facts,
        run,
    )
}  # fmt: skip


def main():
    command = sys.argv[1] if len(sys.argv) > 1 else "distribution"
    arguments = [] if command == "argv" else sys.argv[2:]
    return COMMANDS[command](*arguments)


if __name__ == "__main__":
    sys.exit(main())
