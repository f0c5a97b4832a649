"""Debian's packages: downloaded by apt, which checks signatures, and unpacked without installing them."""

import subprocess
from pathlib import Path

KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
MIRROR = "http://deb.debian.org/debian"


class Failure(Exception):
    """Something necessary is unavailable; the text is for the user."""


def run(*command, **options):
    """Runs a command and returns its standard output as text."""
    command = [str(word) for word in command]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, **options)
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise Failure(f"{' '.join(command)[:200]}: {lines[-1]}")
    return done.stdout.decode(errors="replace")


class Suite:
    """A suite of Debian's archive, with its own apt configuration; the machine's isn't touched.

    Lists and packages stay in `cache` between runs.
    """

    def __init__(self, name, cache, mirror=MIRROR, architecture="amd64"):
        self.name, self.place = name, Path(cache) / name
        self.architecture = architecture
        for directory in ("state/lists/partial", "cache/archives/partial", "packages", "parts"):
            (self.place / directory).mkdir(parents=True, exist_ok=True)
        (self.place / "status").touch()
        source = f"deb [arch={architecture} signed-by={KEYS}] {mirror} {name} main\n"
        (self.place / "sources.list").write_text(source)
        self.updated = False

    def apt(self, *arguments):
        options = {
            "Dir::State": self.place / "state",
            "Dir::State::status": self.place / "status",
            "Dir::Cache": self.place / "cache",
            "Dir::Etc::SourceList": self.place / "sources.list",
            "Dir::Etc::SourceParts": self.place / "parts",
            "APT::Architecture": self.architecture,
            "APT::Architectures": self.architecture,
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
            # The mirror may be a snapshot; the signature is checked all the same.
            "Acquire::Check-Valid-Until": "false",
            "Acquire::Retries": "3",
        }
        words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        return run("apt-get", "-qq", *words, *arguments, cwd=self.place / "packages")

    def update(self):
        if not self.updated:
            self.apt("update")
            self.updated = True

    def file(self, package):
        """The package's file, downloaded unless it exists."""
        there = sorted((self.place / "packages").glob(f"{package}_*.deb"))
        if not there:
            self.update()
            self.apt("download", package)
            there = sorted((self.place / "packages").glob(f"{package}_*.deb"))
        return there[-1]

    def version(self, package):
        return run("dpkg-deb", "-f", self.file(package), "Version").strip()

    def unpack(self, package, root):
        """Unpacks its files below `root`, whose `/lib` and `/bin` may be links into `/usr`."""
        unpack(self.file(package), root)

    def install(self, packages, root):
        """Unpacks them and everything that they depend on below `root`, without running anything of them.

        Returns the packages' files.
        """
        self.update()
        self.apt("clean")
        self.apt("install", "--download-only", "--yes", "--no-install-recommends", *packages)
        files = sorted((self.place / "cache/archives").glob("*.deb"))
        for file in files:
            unpack(file, root)
        return files


def unpack(file, root):
    tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", file], capture_output=True, check=True).stdout
    unpacking = ["tar", "-x", "-C", root, "--keep-directory-symlink", "--no-same-owner"]
    subprocess.run(unpacking, input=tar, check=True)
