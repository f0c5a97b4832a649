"""install.sh, with a small release on a loopback server: installer.py COMMAND

COMMAND is the packer, which the release contains.
"""

import hashlib
import os
import platform
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

from support import ROOT, Failure, checks, clean, equal, has, run, served

COMMAND = Path(sys.argv[1]).resolve()
VERSION = run(ROOT / "ci/version").strip()
TARGET = f"{platform.machine()}-linux"
NAME = f"snakecrate-{VERSION}-{TARGET}"
WORK = Path(tempfile.mkdtemp())


def release(place):
    """The files of a release below `place`, as ci/release names them."""
    directory = place / f"v{VERSION}"
    files = WORK / "files" / NAME
    if not files.exists():
        (files / "man/man1").mkdir(parents=True)
        (files / "man/man1/snakecrate.1").write_text(".TH SNAKECRATE 1\n")
        (files / "completions").mkdir()
        for name in ("snakecrate.bash", "_snakecrate", "snakecrate.fish"):
            (files / "completions" / name).write_text("# completions\n")
        shutil.copy(COMMAND, files / "snakecrate")
    directory.mkdir(parents=True)
    with tarfile.open(directory / f"{NAME}.tar.gz", "w:gz", compresslevel=1) as archive:
        archive.add(files, NAME)
    digest = hashlib.sha256((directory / f"{NAME}.tar.gz").read_bytes()).hexdigest()
    (directory / "SHA256SUMS").write_text(f"{'0' * 64}  other.tar.gz\n{digest}  {NAME}.tar.gz\n")
    return directory


def install(place, home, expect=0, path=(), **more):
    home.mkdir(exist_ok=True)
    more = {"SNAKECRATE_VERSION": VERSION, **more}
    with served(place) as address:
        more.setdefault("SNAKECRATE_DOWNLOADS", address)
        return run("sh", ROOT / "install.sh", expect=expect, cwd=home, env=clean(home, *path, **more)).replace(address, "ADDRESS")


def left(home):
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if not path.is_dir())


INSTALLED = [
    "bin/snakecrate",
    "share/bash-completion/completions/snakecrate",
    "share/fish/vendor_completions.d/snakecrate.fish",
    "share/man/man1/snakecrate.1",
    "share/zsh/site-functions/_snakecrate",
]


def installs():
    """the installer installs command, manual page and completions below ~/.local, and again over them"""
    place, home = WORK / "whole", WORK / "home"
    release(place)
    for _ in range(2):
        output = install(place, home)
        has(output, f"installed snakecrate {VERSION} as {home}/.local/bin/snakecrate\n", "isn't on your PATH\n")
        equal(left(home), [f".local/{name}" for name in INSTALLED], "files in the home")
    equal(run(home / ".local/bin/snakecrate", "--version"), f"snakecrate {VERSION}\n", "its answer")


def prefix():
    """PREFIX names another place, relative to the working directory, too"""
    home = WORK / "prefix home"
    has(install(WORK / "whole", home, PREFIX="my tools"), f"as {home}/my tools/bin/snakecrate\n")
    equal(left(home), [f"my tools/{name}" for name in INSTALLED], "files in the home")


def wget():
    """wget serves where curl is missing"""
    tools = WORK / "tools"
    tools.mkdir()
    for name in ("sh uname mktemp grep sha256sum tar gzip mkdir cp chmod mv rm wget").split():
        found = shutil.which(name)
        if not found:
            raise Failure(f"this machine has no {name}")
        (tools / name).symlink_to(found)
    home = WORK / "wget home"
    home.mkdir()
    with served(WORK / "whole") as address:
        env = {"HOME": str(home), "PATH": str(tools), "SNAKECRATE_VERSION": VERSION, "SNAKECRATE_DOWNLOADS": address}
        run(tools / "sh", ROOT / "install.sh", env=env)
        (tools / "wget").unlink()
        output = run(tools / "sh", ROOT / "install.sh", env=env, expect=1)
    equal(output, "install.sh: neither curl nor wget is there\nhelp: install one of them\n", "without both")


def refused(what, place, wanted, **more):
    home = WORK / f"refused {what}"
    output = install(place, home, expect=1, **more)
    equal(output.replace(str(home), "HOME"), wanted, what)
    equal(left(home), [], f"{what}: files in the home")


def wrong_digest():
    """a file with another digest isn't installed"""
    directory = release(WORK / "wrong")
    with (directory / f"{NAME}.tar.gz").open("ab") as file:
        file.write(b"more")
    refused(
        "digest", WORK / "wrong",
        f"install.sh: {NAME}.tar.gz isn't the file of the release: its digest differs\n"
        "help: try again; if it stays so, report it\n",
    )


def no_digest():
    """a file without a digest isn't installed"""
    directory = release(WORK / "unlisted")
    (directory / "SHA256SUMS").write_text(f"{'0' * 64}  other-{NAME}.tar.gz\n")
    refused(
        "unlisted", WORK / "unlisted",
        f"install.sh: SHA256SUMS has no digest of {NAME}.tar.gz\nhelp: report this: the release is incomplete\n",
    )


def missing_release():
    """a version that isn't there is an error"""
    home = WORK / "missing home"
    output = install(WORK / "whole", home, expect=1, SNAKECRATE_VERSION="9.9.9")
    has(output, "install.sh: cannot download ADDRESS/v9.9.9/SHA256SUMS\nhelp: check the address")
    equal(left(home), [], "files in the home")


def unknown_machine():
    """another processor or system is an error"""
    for system, machine in (("Linux", "riscv64"), ("Darwin", "arm64")):
        tools = WORK / f"tools {system}"
        tools.mkdir()
        uname = tools / "uname"
        uname.write_text(f"#!/bin/sh\ncase $1 in -s) echo {system} ;; *) echo {machine} ;; esac\n")
        uname.chmod(0o755)
        refused(
            machine, WORK / "whole",
            f"install.sh: there is no file for {system} on {machine}\n"
            "help: build it from source: cargo install --path packer/cli --locked\n",
            path=[tools],
        )


def read_only():
    """a PREFIX that cannot be written is an error"""
    (WORK / "a file").write_text("")
    refused(
        "prefix", WORK / "whole",
        f"install.sh: {WORK}/a file/bin isn't writable\nhelp: set PREFIX to another directory\n",
        PREFIX=f"{WORK}/a file",
    )


def unfilled():
    """the installer of the sources says what it lacks"""
    home = WORK / "unfilled"
    home.mkdir()
    output = run("sh", ROOT / "install.sh", env=clean(home), expect=1)
    equal(
        output, "install.sh: this script is of no release\nhelp: set SNAKECRATE_VERSION to one, such as 0.1.0\n",
        "without a version",
    )
    output = run("sh", ROOT / "install.sh", env=clean(home, SNAKECRATE_VERSION=VERSION), expect=1)
    equal(
        output,
        "install.sh: it is unknown where the releases are\nhelp: set SNAKECRATE_DOWNLOADS to their address\n",
        "without an address",
    )


def cut_off():
    """an installer that is cut off does nothing"""
    text = (ROOT / "install.sh").read_text()
    home = WORK / "cut"
    home.mkdir()
    (WORK / "cut.sh").write_text(text[: text.rindex("main")])
    equal(run("sh", WORK / "cut.sh", env=clean(home)), "", "its output")
    equal(left(home), [], "files in the home")


try:
    os.umask(0o022)
    checks(
        installs, prefix, wget, wrong_digest, no_digest, missing_release, unknown_machine, read_only, unfilled, cut_off
    )
finally:
    shutil.rmtree(WORK)
