"""The beds: root file systems made of Debian's packages, each for one kind of host."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from packages import Suite, run

#: A user other than root, who may or may not be in /etc/passwd.
USER = 1000
PASSWD = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/home/app:/bin/sh\n"
GROUP = "root:x:0:\napp:x:1000:\n"
HOSTS = "127.0.0.1 localhost\n::1 localhost\n"
APPLETS = "sh ls cat env true sleep ps mount id".split()


@dataclass
class Bed:
    """A kind of host."""

    name: str
    title: str
    #: Its contents, for the reader.
    holds: str
    #: The file of authorities on hosts of its kind.
    authorities: str = "etc/ssl/certs/ca-certificates.crt"
    #: suite -> packages
    packages: dict = field(default_factory=dict)
    #: Directories of this machine that are mounted in it, read-only.
    binds: tuple = ()
    #: Whether it has devices and shared memory, like every container.
    devices: bool = True
    #: Whether it has /etc/passwd, home directories and /var/tmp, like an installed system.
    installed: bool = True
    #: The environment of commands in it.
    environment: dict = field(default_factory=dict)
    #: Name and version of its C library, filled in by `make`.
    versions: str = ""
    root: Path = None

    def env(self, uid):
        home = {"HOME": "/root" if uid == 0 else "/home/app"} if self.installed else {}
        return self.environment | home


PATH = {"PATH": "/usr/local/bin:/usr/bin:/bin"}

BEDS = [
    Bed(
        "empty",
        "empty",
        "the archive, `/proc`, `/tmp`; no environment",
        devices=False,
        installed=False,
    ),
    Bed(
        "scratch",
        "`FROM scratch`",
        "as Docker adds: `/dev`, `/dev/shm`, `/etc/hosts`; and `/tmp`",
        installed=False,
        environment=PATH | {"HOME": "/", "HOSTNAME": "bed"},
    ),
    Bed(
        "musl",
        "musl",
        "busybox and musl, `/etc` as Alpine has it",
        authorities="etc/ssl/cert.pem",
        packages={"trixie": ["busybox-static", "musl"]},
        environment=PATH,
    ),
    Bed(
        "old",
        "old glibc",
        "glibc, libstdc++, dash of Debian 11",
        packages={
            "bullseye": ["libc6", "libgcc-s1", "libcrypt1", "libstdc++6", "dash", "busybox-static"]
        },
        environment=PATH,
    ),
    Bed(
        "newer",
        "newer glibc",
        "glibc and dash of Debian 13, no libstdc++",
        authorities="etc/pki/tls/certs/ca-bundle.crt",
        packages={"trixie": ["libc6", "dash", "busybox-static"]},
        environment=PATH,
    ),
    Bed(
        "newest",
        "newest glibc",
        "glibc, libstdc++, dash of Debian's unstable",
        authorities="etc/ssl/ca-bundle.pem",
        packages={"sid": ["libc6", "libgcc-s1", "libstdc++6", "dash", "busybox-static"]},
        environment=PATH,
    ),
    Bed(
        "host",
        "the build host",
        "`/usr` of this machine",
        binds=("/usr",),
        environment=PATH,
    ),
]


def make(bed, place, cache, mirror, architecture):
    """Makes the root of `bed` below `place`, of packages for `architecture`."""
    root = bed.root = place / bed.name
    root.mkdir()
    for name in ("proc", "tmp"):
        (root / name).mkdir()
    os.chmod(root / "tmp", 0o1777)
    if bed.devices:
        (root / "dev").mkdir()
        write(root / "etc/hosts", HOSTS)
    if bed.installed:
        installed(root)
    for bind in bed.binds:
        (root / bind.strip("/")).mkdir(parents=True, exist_ok=True)
    if bed.packages or bed.binds:
        for link in ("bin", "sbin", "lib", "lib64"):
            (root / "usr" / link).mkdir(parents=True, exist_ok=True) if not bed.binds else None
            (root / link).symlink_to(f"usr/{link}")
    versions = []
    for name, packages in bed.packages.items():
        suite = Suite(name, cache, mirror, architecture)
        for package in packages:
            suite.unpack(package, root)
        subject = next(package for package in ("libc6", "musl") if package in packages)
        versions.append(f"{subject} {suite.version(subject)} of {name}")
    if bed.binds:
        versions.append(run("ldd", "--version").splitlines()[0].split(") ")[-1])
        for name in ("ld.so.cache", "nsswitch.conf"):
            if Path("/etc", name).exists():
                shutil.copy(f"/etc/{name}", root / "etc" / name)
    elif bed.packages:
        applets(root)
    bed.versions = ", ".join(versions)
    return bed


def installed(root):
    """Adds the files of any installed system."""
    write(root / "etc/passwd", PASSWD)
    write(root / "etc/group", GROUP)
    for name, uid, mode in (
        ("root", 0, 0o700),
        ("home/app", USER, 0o755),
        ("var/tmp", 0, 0o1777),
    ):
        path = root / name
        path.mkdir(parents=True)
        os.chown(path, uid, uid)
        os.chmod(path, mode)


def applets(root):
    """Links the names of tools to busybox. An existing shell stays, since it uses the bed's C library."""
    for name in APPLETS:
        link = root / "usr/bin" / name
        if not link.exists():
            dash = name == "sh" and (root / "usr/bin/dash").exists()
            link.symlink_to("dash" if dash else "busybox")


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def certificates(place):
    """Makes an authority, and its certificate for a server on `localhost`."""
    place.mkdir()
    openssl = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650"]
    common = {"cwd": place, "check": True, "capture_output": True}
    subprocess.run(
        [*openssl, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Authority of the beds"]
        + ["-addext", "keyUsage=critical,keyCertSign,cRLSign"],
        **common,
    )
    subprocess.run(
        [*openssl, "-keyout", "server.key", "-out", "server.pem", "-subj", "/CN=localhost"]
        + ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "subjectAltName=DNS:localhost"]
        + ["-addext", "basicConstraints=critical,CA:FALSE"],
        **common,
    )
    os.chmod(place / "server.key", 0o644)
    return place
