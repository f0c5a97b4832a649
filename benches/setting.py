"""The benchmark's directories, and how it runs programs."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(__file__).resolve().parent


class Failure(Exception):
    """A build or measurement failed; the text is for the report."""


class Setting:
    """Directories, programs and options of one run.

    `scratch` is on disk and may be kept. `fast` is on the file system `place` that is measured now: it
    holds all caches and temporary files, and always goes.
    """

    def __init__(self, scratch, python, snakecrate, quick=False, kept=False):
        self.scratch, self.python, self.snakecrate = Path(scratch), Path(python), Path(snakecrate)
        self.quick, self.kept = quick, kept
        self.log = open(self.scratch / "log.txt", "a", buffering=1)
        # Archives are always new; the peers' files may be kept.
        for stale in ("packed", "packer-cache", "programs"):
            self.remove(self.scratch / stale)
        self.packed = self.directory("packed")
        self.place, self.fast = None, None

    def move(self, place, directory):
        """What comes next is measured in `directory`, on the file system called `place`."""
        self.place, self.fast = place, Path(directory)
        (self.fast / "tmp").mkdir(exist_ok=True)

    def settle(self):
        """Waits until the file system has nothing left to write, so that it disturbs no measurement."""
        if self.place != "tmpfs":
            subprocess.run(["sync", "-f", self.fast], check=True)

    def close(self):
        self.log.close()
        if not self.kept:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def say(self, text):
        print(f"bench: {text} ({time.monotonic() - STARTED:.0f} s)", flush=True)

    def directory(self, *names):
        path = self.scratch.joinpath(*names)
        path.mkdir(parents=True, exist_ok=True)
        return path

    @staticmethod
    def remove(path):
        """Removes a tree with `rm`, which is faster than Python, as this happens between measurements."""
        subprocess.run(["rm", "-rf", path], check=True)

    def rounds(self, full, quick=3):
        return quick if self.quick else full

    @property
    def base(self):
        """The environment of all programs: no `PYTHON*`; caches and temporary files on `fast`."""
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "SNAKECRATE"))}
        keep.pop("VIRTUAL_ENV", None)
        return keep | {
            "TMPDIR": str(self.fast / "tmp"),
            "SNAKECRATE_CACHE": str(self.fast / "warm"),
            "SHIV_ROOT": str(self.fast / "shiv"),
            "PEX_ROOT": str(self.fast / "pex"),
        }

    def run(self, *command, env=None, cwd=None):
        """Runs a command to its end and returns its standard output. The log gets all output."""
        command = [str(word) for word in command]
        self.log.write(f"$ {' '.join(command)}\n")
        process = subprocess.Popen(
            command,
            cwd=cwd or self.scratch,
            env=self.base | {k: str(v) for k, v in (env or {}).items()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            out, errors = process.communicate(timeout=1200)
        except BaseException as error:
            # Programs such as compilers have children of their own.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                raise Failure(f"{Path(command[0]).name}: not done after 20 minutes") from error
            raise
        self.log.write(out[-20_000:] + errors[-20_000:])
        if process.returncode:
            lines = (errors.strip() or out.strip() or "no message").splitlines()
            # Most tools print advice after the error itself.
            telling = [
                line for line in lines if line.split(":")[0].strip() not in ("help", "note", "hint")
            ]
            name = Path(command[0]).name
            last = (telling or lines)[-1].strip()[:200]
            raise Failure(f"{name} exited with {process.returncode}: {last}")
        return out

    def timed(self, *command, **options):
        """Wall seconds of `run`."""
        start = time.monotonic()
        self.run(*command, **options)
        return time.monotonic() - start

    def compiled(self, name):
        """One of the C programs beside this file, linked statically."""
        program = self.directory("programs") / name
        if not program.exists():
            options = ["-O2", "-Wall", "-Wextra", "-pthread", "-static"]
            self.run("cc", *options, "-o", program, HERE / f"{name}.c")
        return program


STARTED = time.monotonic()
