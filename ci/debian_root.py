"""Unpacks a Debian bookworm with Python 3.11: debian_root.py ARCHITECTURE DIRECTORY

apt downloads the packages and checks their signatures; they stay beside DIRECTORY. Nothing of them is
executed.
"""

import sys
from pathlib import Path

root = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(root / "tests/host_matrix"))

from packages import Failure, Suite  # noqa: E402

PACKAGES = ["python3.11", "libstdc++6"]

architecture, directory = sys.argv[1], Path(sys.argv[2])
directory.mkdir(parents=True)
(directory / "tmp").mkdir(mode=0o1777)
try:
    suite = Suite("bookworm", directory.parent, architecture=architecture)
    print(f"{len(suite.install(PACKAGES, directory))} packages of Debian bookworm in {directory}")
except (Failure, OSError) as failure:
    sys.exit(f"debian_root.py: {failure}")
