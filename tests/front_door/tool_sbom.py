"""The bill of materials of the command itself. Needs the package jsonschema."""

import json
import subprocess
import tempfile
from pathlib import Path

from jsonschema import Draft7Validator
from referencing import Registry, Resource

from support import ROOT, Failure, checks, equal, run

SCHEMAS = ROOT / "tests/schemas"
WORK = tempfile.TemporaryDirectory()


def documents():
    found = []
    for name in ("one", "two"):
        path = Path(WORK.name) / name
        run(ROOT / "ci/tool-sbom", path)
        found.append(path.read_bytes())
    return found


def valid():
    """it is valid CycloneDX 1.7, and the same each time"""
    one, two = documents()
    equal(one == two, True, "two runs write the same")
    parts = [json.loads(path.read_text()) for path in SCHEMAS.glob("*.json")]
    # The schema names its parts by their development names.
    resources = [
        (name, Resource.from_contents(part))
        for part in parts if "cyclonedx.org" in part["$id"]
        for name in (part["$id"], part["$id"].replace(".schema.json", ".SNAPSHOT.schema.json"))
    ]
    schema = json.loads((SCHEMAS / "cyclonedx-1.7.schema.json").read_text())
    errors = list(Draft7Validator(schema, registry=Registry().with_resources(resources)).iter_errors(json.loads(one)))
    if errors:
        raise Failure(f"{errors[0].json_path}: {errors[0].message[:300]}")
    wrong = {**json.loads(one), "bomFormat": "other"}
    if Draft7Validator(schema, registry=Registry().with_resources(resources)).is_valid(wrong):
        raise Failure("the schema accepts anything")
    return f"{len(json.loads(one)['components'])} components"


def whole():
    """it has every crate that cargo links into the command, and every reference leads somewhere"""
    document = json.loads(documents()[0])
    found = {one["bom-ref"] for one in document["components"]}
    for row in document["dependencies"]:
        unknown = set(row.get("dependsOn", [])) - found
        equal(unknown, set(), f"unknown references of {row['ref']}")
    tree = subprocess.run(
        ["cargo", "tree", "--locked", "-p", "snakecrate", "-e", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout
    linked = {"pkg:cargo/{}@{}".format(*line.replace(" v", " ").split()[:2]) for line in tree.splitlines() if "(/" not in line}
    equal(linked - found, set(), "crates that are missing")


checks(valid, whole)
