"""The wheels, installed as strangers do: installs.py WHEELS

Run by ci/install-tests, as root and in a mount namespace of its own.
"""

import hashlib
import os
import platform
import shutil
import sys
import tempfile
import time
import venv
import zipfile
from pathlib import Path

from roots import Root
from support import ROOT, Failure, Skipped, checks, clean, equal, has, run, served

WHEELS = Path(sys.argv[1]).resolve()
CACHE = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "install-tests"
CACHE.mkdir(parents=True, exist_ok=True)
WORK = Path(tempfile.mkdtemp())
VERSION = run(ROOT / "ci/version").strip()
PROCESSOR = platform.machine()
SYSTEM = "/usr/bin:/bin"
HELLO = ROOT / "examples/hello"


def wheel(processor):
    found = sorted(WHEELS.glob(f"snakecrate-{VERSION}-*_{processor}.whl"))
    if not found:
        raise Skipped(f"there is no wheel for {processor} in {WHEELS}: run ci/wheels")
    return found[0]


def seconds(start):
    return f"{time.monotonic() - start:.1f} s"


def megabytes(path):
    path = Path(path)
    if path.is_file():
        return f"{path.stat().st_size / 1e6:.1f} MB"
    # On this file system: neither /proc nor /dev of a root.
    return f"{int(run('du', '-sxb', path).split()[0]) / 1e6:.1f} MB"


def index():
    """A simple index (PEP 503) of the wheels, to be served."""
    place = WORK / "index"
    if not place.exists():
        page = place / "simple/snakecrate"
        page.mkdir(parents=True)
        links = []
        for file in sorted(WHEELS.glob("*.whl")):
            shutil.copy(file, page)
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            links.append(f'<a href="{file.name}#sha256={digest}">{file.name}</a>')
        (page / "index.html").write_text("<!DOCTYPE html>\n" + "<br>\n".join(links))
    return place


def home(name):
    place = WORK / name
    place.mkdir()
    return place


def tool(name):
    """A command from PyPI in an environment of its own."""
    place = CACHE / name
    if not (place / "bin" / name).exists():
        venv.create(place, with_pip=True)
        run(place / "bin/python", "-m", "pip", "install", "-q", name)
    return place / "bin" / name


def packs(command, place, path, before=()):
    """`command` is the wheel's, and builds an example that runs without it."""
    env = clean(place)
    env["PATH"] = os.pathsep.join(map(str, path)) if path else SYSTEM
    equal(run(*before, command, "--version", env=env, cwd=place), f"snakecrate {VERSION}\n", "its version")
    rows = run(*before, command, "targets", env=env, cwd=place)
    has(rows, "x86_64-linux   yes", "aarch64-linux  yes")
    start = time.monotonic()
    run(*before, command, "build", HELLO, "-o", place / "hello", env=env, cwd=place)
    took = seconds(start)
    has(run(place / "hello", "--who", "Ada", env={"HOME": str(place)}), "Ada")
    return took


def is_the_wheels(file):
    with zipfile.ZipFile(wheel(PROCESSOR)) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".data/scripts/snakecrate")]
        equal(Path(file).read_bytes() == archive.read(name), True, f"{file} is the wheel's file")


def installed(place, program, command):
    """What `command`, of the address of an index, takes to install `program` below the home `place`, and what that packs."""
    with served(index()) as address:
        start = time.monotonic()
        run(*command(f"{address}/simple"), f"snakecrate=={VERSION}", env={**clean(place), "PATH": SYSTEM})
        took = seconds(start)
    is_the_wheels(place / program)
    return f"installed in {took}, hello built in {packs(place / program, place, [])}"


def by_pip():
    """`pip install` in a virtual environment"""
    wheel(PROCESSOR)
    place = home("pip")
    run("/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable, "-m", "venv", place / "venv")
    pip = place / "venv/bin/pip"
    return installed(place, "venv/bin/snakecrate", lambda url: (pip, "install", "-q", "--extra-index-url", url))


def by_pipx():
    """`pipx install`"""
    wheel(PROCESSOR)
    pipx = tool("pipx")
    return installed(
        home("pipx"), ".local/bin/snakecrate", lambda url: (pipx, "install", f"--pip-args=--extra-index-url {url}")
    )


def by_uv():
    """`uv tool install`"""
    wheel(PROCESSOR)
    uv = tool("uv")
    return installed(home("uv"), ".local/bin/snakecrate", lambda url: (uv, "tool", "install", "-q", "--index", url))


def by_uvx():
    """`uvx snakecrate build`"""
    wheel(PROCESSOR)
    place = home("uvx")
    uvx = tool("uv").with_name("uvx")
    with served(index()) as address:
        before = (uvx, "-q", "--index", f"{address}/simple")
        return f"hello built in {packs('snakecrate', place, [], before=before)}"


def python_and_pip():
    """a root with Python and pip only: `snakecrate build black`, twice"""
    if PROCESSOR != "x86_64":
        raise Skipped("its packages are those of x86_64")
    file = wheel(PROCESSOR)
    root = Root.of_debian(
        WORK / "python", CACHE / "debian", ["python3-minimal", "python3.11", "python3.11-venv"]
    ).enter()
    try:
        for name in ("usr/bin/gcc", "usr/bin/cc", "usr/bin/uv", "usr/bin/cargo"):
            equal((root.place / name).exists(), False, f"{name} in the root")
        (root.place / "wheels").mkdir()
        shutil.copy(file, root.place / "wheels")
        size = megabytes(root.place)
        start = time.monotonic()
        root.run("python3.11", "-m", "venv", "venv")
        root.run("venv/bin/pip", "install", "-q", "--find-links", "/wheels", "snakecrate")
        installed = seconds(start)
        times = []
        for _ in range(2):
            start = time.monotonic()
            output = root.run("venv/bin/snakecrate", "build", "black")
            times.append(seconds(start))
            has(output, "Built ./black")
        # The archive alone, without what has built it.
        shutil.rmtree(root.place / "home/user/venv")
        (root.place / "home/user/ugly.py").write_text("x = {  'a':1 }\n")
        has(root.run("./black", "--version"), "black, ")
        root.run("./black", "-q", "ugly.py")
        equal((root.place / "home/user/ugly.py").read_text(), 'x = {"a": 1}\n', "what black made")
        return (
            f"root {size}, wheel {megabytes(file)}, environment and installation {installed}, "
            f"builds {times[0]} and {times[1]}, black {megabytes(root.place / 'home/user/black')}"
        )
    finally:
        root.leave()


def job():
    """a clean root with a filled cache: the CI script installs, and builds `deployctl`"""
    if PROCESSOR != "x86_64":
        raise Skipped("its packages are those of x86_64")
    file = wheel(PROCESSOR)
    packages = ["python3-minimal", "python3.11", "python3-pip", "dash", "coreutils", "sed", "grep", "debianutils"]
    output, times = "", []
    for number in range(2):
        root = Root.of_debian(WORK / f"job{number}", CACHE / "debian", packages).enter()
        try:
            # Debian's `which` and `sh` are links that its scripts make.
            if not (root.place / "usr/bin/sh").exists():
                (root.place / "usr/bin/sh").symlink_to("dash")
            shutil.copytree(ROOT / "examples/deployctl", root.place / "home/user/source")
            shutil.copy(ROOT / "integrations/ci/build.sh", root.place / "home/user")
            (root.place / "wheels").mkdir()
            shutil.copy(file, root.place / "wheels")
            cache = root.place / "cache"
            if number:
                shutil.move(WORK / "job0/cache", cache)
            cache.mkdir(exist_ok=True)
            start = time.monotonic()
            output = root.run("sh", "build.sh", SOURCE="source", FROM="/wheels", SNAKECRATE_CACHE="/cache")
            times.append(time.monotonic() - start)
            has(output, "path=dist/deployctl\n")
            has(root.run("dist/deployctl", "--help"), "Usage: deployctl")
        finally:
            root.leave()
    if times[1] > 10:
        raise Failure(f"it took {times[1]:.1f} s with a filled cache, and 10 s are allowed\n{output}")
    return f"{times[0]:.1f} s with an empty cache, {times[1]:.1f} s with a filled one ({megabytes(cache)})"


def for_platform(platform_, place, processor):
    """Installs the wheel and uv as an installer on that platform would choose them."""
    file = wheel(processor)
    run(
        tool("uv"), "pip", "install", "-q", "--python", sys.executable, "--python-platform", platform_,
        "--only-binary", ":all:", "--find-links", file.parent, "--target", place, f"snakecrate=={VERSION}",
    )
    return file


def without_glibc():
    """a root with musl's uv and nothing else: the command runs, and what it builds"""
    if PROCESSOR != "x86_64":
        raise Skipped("its uv is that of x86_64")
    place = WORK / "musl"
    place.mkdir()
    for_platform("x86_64-unknown-linux-musl", place / "opt", PROCESSOR)
    found = [path for path in place.rglob("*") if path.name.startswith(("ld-linux", "libc."))]
    equal(found, [], "C libraries in the root")
    root = Root(place).enter()
    try:
        tools = {"path": "/opt/bin"}
        equal(root.run("/opt/bin/snakecrate", "--version", **tools), f"snakecrate {VERSION}\n", "its version")
        has(root.run("/opt/bin/snakecrate", "targets", **tools), "x86_64-linux   yes", "aarch64-linux  yes")
        # A build needs an interpreter that runs here to compile for the packed one, and no package of
        # Debian or PyPI has one for musl. The commands for finished archives need none.
        packs(place / "opt/bin/snakecrate", home("musl home"), [])
        shutil.copy(WORK / "musl home/hello", place / "home/user")
        has(root.run("/opt/bin/snakecrate", "verify", "hello", **tools), "hello")
        has(root.run("/opt/bin/snakecrate", "inspect", "hello", **tools), "cpython")
        root.run("/opt/bin/snakecrate", "extract", "hello", "--env", "env", **tools)
        has(root.run("./hello", "--who", "musl", path="/nothing"), "musl")
        has(root.run("env/bin/hello", "--who", "musl", path="/nothing"), "musl")
    finally:
        root.leave()


def for_arm():
    """a root of 64-bit Arm, under qemu: the command runs, and builds"""
    if not emulated():
        raise Skipped("no qemu-aarch64 is registered for other roots (binfmt_misc, flag F)")
    root = Root.of_debian(WORK / "arm", CACHE / "arm64", ["python3-minimal", "python3.11"], "arm64")
    file = for_platform("aarch64-manylinux_2_28", root.place / "opt", "aarch64")
    root.enter()
    try:
        tools = {"path": "/opt/bin:/usr/bin"}
        equal(root.run("/opt/bin/snakecrate", "--version", **tools), f"snakecrate {VERSION}\n", "its version")
        has(root.run("/opt/bin/snakecrate", "targets", **tools), "x86_64-linux   yes", "aarch64-linux  yes")
        shutil.copytree(HELLO, root.place / "home/user/source")
        start = time.monotonic()
        root.run("/opt/bin/snakecrate", "build", "source", "-o", "hello", **tools)
        took = seconds(start)
        has(root.run("./hello", "--who", "Arm", path="/nothing"), "Arm")
        return f"wheel {megabytes(file)}, hello built in {took}"
    finally:
        root.leave()


def emulated():
    formats = Path("/proc/sys/fs/binfmt_misc")
    rows = [path.read_text() for path in formats.glob("qemu-aarch64")]
    return PROCESSOR == "aarch64" or any(
        row.startswith("enabled") and "F" in row.split("flags:")[1].split("\n")[0] for row in rows
    )


CHECKS = (by_pip, by_pipx, by_uv, by_uvx, python_and_pip, job, without_glibc, for_arm)
try:
    names = sys.argv[2:]
    checks(*(one for one in CHECKS if not names or one.__name__ in names))
finally:
    shutil.rmtree(WORK, ignore_errors=True)
