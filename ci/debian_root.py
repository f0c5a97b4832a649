"""Unpacks a Debian with a Python: debian_root.py ARCHITECTURE DIRECTORY [SUITE [VERSION…]]

Without a suite that is bookworm, with Python 3.11. apt downloads the packages and checks their
signatures; they stay beside DIRECTORY. Nothing of them is executed.
"""

import sys
from pathlib import Path

root = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(root / "tests/host_matrix"))

from packages import Failure, Suite  # noqa: E402

architecture, directory, name, *versions = (*sys.argv[1:], *["bookworm", "3.11"][len(sys.argv) - 3 :])
packages = [f"python{version}" for version in versions] + ["libstdc++6"]
directory = Path(directory)
directory.mkdir(parents=True)
(directory / "tmp").mkdir(mode=0o1777)
for link in ("lib", "lib64", "bin", "sbin"):
    (directory / "usr" / link).mkdir(parents=True, exist_ok=True)
    (directory / link).symlink_to(f"usr/{link}")
try:
    suite = Suite(name, directory.parent, architecture=architecture)
    count = len(suite.install(packages, directory))
    print(f"{count} packages of Debian {name} in {directory}")
except (Failure, OSError) as failure:
    sys.exit(f"debian_root.py: {failure}")
