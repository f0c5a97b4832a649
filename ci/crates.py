"""The crates that the command consists of; used by ci/notices and ci/tool-sbom."""

import json
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGETS = ("x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl")


def run(*command):
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def crates():
    """The crates of other authors as cargo describes them, sorted. Those that only builds use aren't in it."""
    metadata = json.loads(run("cargo", "metadata", "--locked", "--format-version", "1"))
    packages = {(one["name"], one["version"]): one for one in metadata["packages"]}
    checksums = {
        (one["name"], one["version"]): one.get("checksum")
        for one in tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    }
    found = set()
    for target in TARGETS:
        tree = run(
            "cargo", "tree", "--locked", "-p", "snakecrate", "--target", target,
            "-e", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}",
        )
        found |= {tuple(line.split()[:2]) for line in tree.splitlines() if "(/" not in line}
    own = [packages[name, version.removeprefix("v")] for name, version in sorted(found)]
    for package in own:
        package["checksum"] = checksums[package["name"], package["version"]]
        package["expression"] = (package["license"] or "").replace("/", " OR ")
    resolved = {node["id"]: node["dependencies"] for node in metadata["resolve"]["nodes"]}
    return own, resolved


def rust_version():
    return run("rustc", "--version").split()[1]
