"""Root file systems to try the wheels in, entered by chroot. Only within a mount namespace of one's own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from support import ROOT, Failure, run

sys.path.insert(0, str(ROOT / "tests/host_matrix"))

from packages import Failure as PackagesFailure  # noqa: E402
from packages import Suite  # noqa: E402

# Links, and what programs open.
MERGED = ("lib", "lib64", "bin", "sbin")
DEVICES = ("null", "zero", "full", "random", "urandom")


class Root:
    """A root, whose mounts end with the namespace or with `leave`."""

    def __init__(self, place):
        self.place = Path(place)

    @staticmethod
    def of_debian(place, cache, packages, architecture="amd64"):
        """A root of Debian bookworm's `packages` and what they require; nothing of them is executed."""
        place = Path(place)
        place.mkdir(parents=True)
        for link in MERGED:
            (place / "usr" / link).mkdir(parents=True)
            (place / link).symlink_to(f"usr/{link}")
        try:
            Suite("bookworm", cache, architecture=architecture).install(packages, place)
        except PackagesFailure as failure:
            raise Failure(f"Debian's packages: {failure}") from None
        return Root(place)

    def enter(self):
        """Mounts /proc and devices, and lets the root reach the network as this machine does."""
        for name in ("proc", "dev", "tmp", "etc/ssl/certs", "home/user"):
            (self.place / name).mkdir(parents=True, exist_ok=True)
        (self.place / "tmp").chmod(0o1777)
        run("mount", "-t", "proc", "proc", self.place / "proc")
        run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", self.place / "dev")
        (self.place / "dev/shm").mkdir(mode=0o1777)
        for name in DEVICES:
            (self.place / "dev" / name).touch()
            run("mount", "--bind", f"/dev/{name}", self.place / "dev" / name)
        (self.place / "dev/fd").symlink_to("/proc/self/fd")
        for name in ("/etc/resolv.conf", "/etc/hosts"):
            shutil.copy(name, self.place / "etc")
        shutil.copy(
            os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"),
            self.place / "etc/ssl/certs/ca-certificates.crt",
        )
        (self.place / "etc/passwd").write_text("root:x:0:0:root:/home/user:/bin/sh\n")
        return self

    def leave(self):
        for name in ("proc", "dev"):
            subprocess.run(["umount", "-R", self.place / name], stderr=subprocess.DEVNULL, check=False)

    def run(self, *command, path="/usr/bin:/bin", cwd="/home/user", expect=0, **variables):
        """Runs a command in it, in an environment of its own."""
        certificates = "/etc/ssl/certs/ca-certificates.crt"
        env = {"HOME": "/home/user", "PATH": path, "LANG": "C.UTF-8", "SSL_CERT_FILE": certificates, "PIP_CERT": certificates}
        kept = {name: os.environ[name] for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX") if name in os.environ}

        def inside():
            os.chroot(self.place)
            os.chdir(cwd)

        return run(*command, expect=expect, env={**env, **kept, **variables}, preexec_fn=inside)
