"""Shared by the checks behind ci/front and ci/install-tests."""

import contextlib
import functools
import http.server
import os
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Failure(Exception):
    """A check that doesn't hold."""


class Skipped(Exception):
    """A check that this machine cannot make."""


def run(*command, expect=0, **options):
    """Runs `command`, whose status must be `expect`, and returns its output of both kinds."""
    options.setdefault("stdin", subprocess.DEVNULL)
    done = subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
    )
    if done.returncode != expect:
        raise Failure(f"{' '.join(map(str, command))}: status {done.returncode}, not {expect}\n{done.stdout}")
    return done.stdout


def equal(found, wanted, what):
    if found != wanted:
        raise Failure(f"{what}\n  found:  {found!r}\n  wanted: {wanted!r}")


def has(text, *parts):
    for part in parts:
        if part not in text:
            raise Failure(f"no {part!r} in\n{text}")


@contextlib.contextmanager
def served(directory):
    """A server of `directory` on the loopback interface; its address."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Handler, directory=str(directory))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def clean(home, *path, **more):
    """The environment of a new user: an empty home, the system's programs, and the way to the network."""
    network = ("SSL_CERT_FILE", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX")
    kept = {name: os.environ[name] for name in network if name in os.environ}
    words = [str(one) for one in (*path, "/usr/local/bin", "/usr/bin", "/bin")]
    return {"HOME": str(home), "PATH": os.pathsep.join(words), "LANG": "C.UTF-8", **kept, **more}


def checks(*functions):
    """Runs each check, prints the first line of its documentation, and ends the program. Skipped ones are
    printed as ci/steps.sh reads them, and the last line has the counts."""
    passed = failed = 0
    skipped = []
    for function in functions:
        title = function.__doc__.splitlines()[0]
        try:
            note = function()
            passed += 1
            print(f"ok: {title}" + (f": {note}" if note else ""), flush=True)
        except Skipped as reason:
            skipped.append(f"skipped: {title}: {reason}")
        except Failure as failure:
            failed += 1
            print(f"FAILED: {title}: {failure}", flush=True)
    print("\n".join([*skipped, f"{passed} passed, {failed} failed, {len(skipped)} skipped"]), flush=True)
    sys.exit(failed > 0)
