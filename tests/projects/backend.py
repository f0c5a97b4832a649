"""A PEP 517 back end that needs nothing: zips up the modules beside it and below, and the
executables in `scripts/`.

The sandbox puts a copy into every project.
"""

import base64
import glob
import hashlib
import os
import tomllib
import zipfile


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with open("pyproject.toml", "rb") as file:
        project = tomllib.load(file)["project"]
    name, version = project["name"], project["version"]
    info = f"{name}-{version}.dist-info"

    files = {}
    modules = sorted(glob.glob("**/*.py", recursive=True))
    for module in modules:
        if module != "backend.py":
            with open(module, "rb") as file:
                files[module] = file.read()
    for script in sorted(os.listdir("scripts")) if os.path.isdir("scripts") else []:
        with open(os.path.join("scripts", script), "rb") as file:
            files[f"{name}-{version}.data/scripts/{script}"] = file.read()
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += f"Requires-Python: {project['requires-python']}\n"
    for requirement in project.get("dependencies", []):
        metadata += f"Requires-Dist: {requirement}\n"
    for extra, requirements in project.get("optional-dependencies", {}).items():
        metadata += f"Provides-Extra: {extra}\n"
        for requirement in requirements:
            metadata += f"Requires-Dist: {requirement} ; extra == '{extra}'\n"
    scripts = "".join(f"{key} = {value}\n" for key, value in project.get("scripts", {}).items())
    points = f"[console_scripts]\n{scripts}"
    if "gui-scripts" in project:
        points += "[gui_scripts]\n"
        points += "".join(f"{key} = {value}\n" for key, value in project["gui-scripts"].items())
    if "description" in project:
        metadata += f"Summary: {project['description']}\n"
    tags = "Wheel-Version: 1.0\nGenerator: backend\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{info}/METADATA"] = metadata.encode()
    files[f"{info}/WHEEL"] = tags.encode()
    files[f"{info}/entry_points.txt"] = points.encode()

    record = ""
    for path, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
        record += f"{path},sha256={digest},{len(data)}\n"
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()

    wheel = f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, wheel), "w") as archive:
        for path, data in files.items():
            member = zipfile.ZipInfo(path)
            member.external_attr = (0o100755 if "/scripts/" in path else 0o100644) << 16
            archive.writestr(member, data)
    return wheel
