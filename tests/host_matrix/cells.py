"""The rows of the table: each is a function that runs in every bed, and returns a detail or fails."""

import json
import os
import re
import shutil
from dataclasses import dataclass

from enter import USER, enter, forget, interpreter

#: Failures that Snakecrate cannot prevent: (bed, row, text in the output, reason for the table).
LIMITS = [
    ("empty", "pool", "SemLock", "no `/dev/shm`, which semaphores need"),
    ("empty", "etl", "[Errno 2]", "no `/dev/shm`, which the pool of `etl-load` needs"),
]
#: No locale, the C locale, and one that the bed doesn't have.
LOCALES = [{}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX"}, {"LANG": "de_DE.UTF-8"}]
MAPPED = (
    "import numpy, pandas\n"
    "numpy.linalg.inv(numpy.eye(3)), pandas.DataFrame({'a': [1]}).sum()\n"
    "for line in open('/proc/self/maps'):\n"
    "    parts = line.split(None, 5)\n"
    "    if len(parts) == 6 and 'x' in parts[1] and '/' in parts[5]: print(parts[5].strip())\n"
)
GLIBC = re.compile(r"/(ld-|lib(c|m|dl|pthread|rt|util|resolv)[.-])[^/]*$")


class Failed(Exception):
    """A check that failed: its summary in one line, and the whole output."""

    def __init__(self, text, whole=""):
        super().__init__(text)
        self.whole = whole or text


@dataclass
class Row:
    """A line of the table."""

    name: str
    title: str
    #: (bed, uid) -> detail
    check: object
    #: The archive that the row starts.
    archive: str


def must(ran, *parts):
    if ran.status != 0:
        raise Failed(ran.told(), ran.err)
    for part in parts:
        if part not in ran.out:
            raise Failed(f"no `{part}` in {ran.out!r}"[:300])
    return ran.out


def hello(bed, uid):
    must(enter(bed, uid, ["/hello", "--who", "Ada", "--runtime"]), "hello Ada\n", "argv0: /hello\n")


def deployctl(bed, uid):
    must(enter(bed, uid, ["/deployctl", "--help"]), "Usage: deployctl", "rollback")
    plan = "deploy --env prod --app api --version 7 --dry-run".split()
    must(enter(bed, uid, ["/deployctl", *plan]), "action: deploy\n", "- step: patch-deployment\n")


def etl(bed, uid):
    """CSV, SQLite, report, as children of `sys.executable`, with a pool of processes."""
    for name in ("readings.csv", "readings.db"):
        (bed.root / "tmp" / name).unlink(missing_ok=True)
    made = "made 2040 readings of 4 sensors\n"
    ran = enter(bed, uid, ["/etl", "etl-all", "/tmp", "--rows", "2000"])
    if ran.status != 0 and made not in ran.out:
        raise Failed(ran.told(), ran.err)
    must(ran, made, "loaded 2040 readings as", "\nkitchen ")


def libraries_of_etl(bed, uid):
    """The kernel starts the environment's interpreter; numpy and pandas load only the archive's libraries."""
    must(enter(bed, uid, ["/etl", "etl-make", "--help"]), "usage: etl-make")
    python = interpreter(bed, "etl-make")
    if python is None:
        raise Failed("the cache has no environment")
    out = must(enter(bed, uid, [python, "-I", "-c", MAPPED])).split()
    cache = f"{python.parents[4]}/"
    foreign = [path for path in out if not path.startswith(cache)]
    bundled = any(re.search(r"/libc\.so\.6$", path) and path.startswith(cache) for path in out)
    allowed = [] if bundled else [path for path in foreign if GLIBC.search(path) or runtime(path)]
    bad = sorted(set(foreign) - set(allowed))
    if bad:
        raise Failed(f"not from the archive: {', '.join(bad)}")
    return f"with {'the archive' if bundled else 'the host'}'s glibc"


def runtime(path):
    """Whether a library is the C++ runtime, which belongs to the host's glibc."""
    return re.search(r"/lib(stdc\+\+|gcc_s)\.so", path)


def check(name, prepare=None):
    """A row for one of the checks in `checks`."""

    def of_bed(bed, uid):
        env = bed.env(uid)
        env["GIVEN"] = json.dumps(sorted([*env, "GIVEN"]))
        if prepare:
            prepare(bed)
        try:
            return must(enter(bed, uid, ["/checks", name], env)).strip()
        finally:
            if prepare:
                shutil.rmtree(bed.root / "bed", ignore_errors=True)
                (bed.root / bed.authorities).unlink(missing_ok=True)

    return of_bed


def utf8(bed, uid):
    for env in LOCALES:
        ran = enter(bed, uid, ["/checks", "utf8"], bed.env(uid) | env)
        if ran.status != 0 or ran.out != "ä€😀\n":
            raise Failed(f"{env}: {ran.told()}")


def authority(bed):
    """Copies the test authority to the bed's path of certificates, and the server's files to /bed."""
    here = bed.root.parent / "certificates"
    path = bed.root / bed.authorities
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(here / "ca.pem", path)
    (bed.root / "bed").mkdir()
    for name in ("server.pem", "server.key"):
        shutil.copy(here / name, bed.root / "bed" / name)


ROWS = [
    Row("libc", "the C library in use (`checks`)", check("libc"), "checks"),
    Row("hello", "`hello`", hello, "hello"),
    Row("deployctl", "`deployctl`: `--help`, a plan", deployctl, "deployctl"),
    Row("etl", "`etl` (numpy, pandas): CSV, SQLite, report", etl, "etl"),
    Row("mapped", "numpy and pandas load only the archive's libraries", libraries_of_etl, "etl"),
    Row("libraries", "`ctypes`, xz, readline load only the archive's libraries", check("libraries"), "checks"),
    Row("executable", "`/proc/self/exe`, `sys.executable`, script: started by the kernel", check("executable"), "checks"),
    Row("child", "child interpreter: same C library", check("child"), "checks"),
    Row("shell", "the host's `/bin/sh`: its own C library", check("shell"), "checks"),
    Row("environment", "environment unchanged, no `LD_*`", check("environment"), "checks"),
    Row("spawn", "`multiprocessing` spawn: a process", check("spawn"), "checks"),
    Row("pool", "`multiprocessing` spawn: a pool", check("pool"), "checks"),
    Row("sqlite", "`sqlite3`", check("sqlite"), "checks"),
    Row("tls", "TLS: an authority found in the root", check("tls", authority), "checks"),
    Row("roots", "TLS: the archive's authorities, none in the root", check("roots"), "checks"),
    Row("zones", "`zoneinfo`", check("zones"), "checks"),
    Row("terminal", "`curses` knows terminals", check("terminal"), "checks"),
    Row("utf8", "UTF-8 in every locale", utf8, "checks"),
    Row("user", "`pwd` with and without `/etc/passwd`", check("user"), "checks"),
    Row("names", "addresses and names", check("names"), "checks"),
]  # fmt: skip


@dataclass
class Cell:
    """The result of a row in a bed."""

    text: str
    #: Whether it is as expected: ok, or a known limit.
    good: bool
    #: Details of a failure.
    details: list


def fill(bed, row, archives):
    """Runs a row as root and as a user, each cold and warm, and sums up the results."""
    target = bed.root / row.archive
    os.link(archives[row.archive], target)
    details, failures = [], {}
    try:
        for uid in (0, USER):
            forget(bed)
            for start in ("cold", "warm"):
                who = f"{'root' if uid == 0 else 'user'}, {start}"
                try:
                    details.append(row.check(bed, uid))
                except Failed as failed:
                    failures[who] = failed
    finally:
        target.unlink()
        forget(bed)
    return judge(bed, row, details, failures)


def judge(bed, row, details, failures):
    if not failures:
        return Cell(said(row, details), True, [])
    for name, where, pattern, reason in LIMITS:
        known = (name, where) == (bed.name, row.name)
        if known and all(pattern in failed.whole for failed in failures.values()):
            return Cell(reason, True, [])
    whose = "" if len(failures) == 4 else f" ({'; '.join(failures)})"
    text = str(next(iter(failures.values()))).replace("|", "\\|")
    different = len(set(map(str, failures.values()))) > 1
    return Cell(
        f"**{text}**{whose}",
        False,
        [f"{who}: {why}" for who, why in failures.items()] if different else [],
    )


def said(row, details):
    """`ok`, with the detail in the rows that are about it."""
    if row.name == "libc":
        found = {
            (libc["version"], libc["path"].startswith(libc["cache"]))
            for libc in map(json.loads, details)
        }
        return ", ".join(
            f"{'the archive' if own else 'the host'}'s {version}" for version, own in sorted(found)
        )
    if row.name == "mapped":
        return f"ok, {', '.join(sorted(set(details)))}"
    if row.name == "shell" and set(details) == {"none"}:
        return "none"
    return "ok"
