"""Leads what Django writes out of the archive's own files, which are read-only.

The paths of SQLite's databases, `STATIC_ROOT` and `MEDIA_ROOT` are usually made from the project's
directory. Where such a path is among the project's files, and nothing was packed there, it is moved
beside the archive, to the same relative path; for an extracted environment, to the working directory.
"""

import os
import sys

project = globals().get("project", "app")


def roots():
    """The directories that a settings module may find itself in, links resolved or not."""
    directory = os.path.join(sys.prefix, project)
    file = os.path.join(directory, "manage.py")
    return {directory, os.path.realpath(directory), os.path.dirname(os.path.realpath(file))}


def moved(path, beside):
    """The path, or its place beside the archive."""
    try:
        text = os.fspath(path)
    except TypeError:
        return path
    if not isinstance(text, str) or os.path.lexists(text):
        return path
    for root in roots():
        if text.startswith(root + os.sep):
            return type(path)(os.path.join(beside, os.path.relpath(text, root)))
    return path


def move(settings, beside):
    for name in ("STATIC_ROOT", "MEDIA_ROOT"):
        value = getattr(settings, name, None)
        if value:
            setattr(settings, name, moved(value, beside))
    for database in getattr(settings, "DATABASES", {}).values():
        if "sqlite" not in database.get("ENGINE", "") or not database.get("NAME"):
            continue
        name = moved(database["NAME"], beside)
        if name != database["NAME"]:
            database["NAME"] = name
            try:
                os.makedirs(os.path.dirname(name), exist_ok=True)
            except OSError:
                # SQLite reports that it cannot open the file.
                pass


def install():
    try:
        from django.conf import Settings
    except ImportError:
        return
    archive = os.environ.get("SNAKECRATE_ARCHIVE", "")
    # An extracted environment is read-only, too.
    inside = archive.startswith(sys.prefix + os.sep)
    beside = "" if inside else os.path.dirname(archive)
    beside = beside or os.getcwd()
    original = Settings.__init__

    def __init__(self, *arguments, **named):
        original(self, *arguments, **named)
        move(self, beside)

    Settings.__init__ = __init__


install()
