"""Prepares the process for an entry: its arguments, environment and working directory.

The boot script runs this file with `plan` in its namespace, before anything of the application is
imported:

* `arguments`: those before the user's.
* `set`, `default`, `unset`: variables. Values have placeholders, as the working directory has.
* `path`: the archive's scripts come first on the `PATH`.
* `directory`: the working directory.
* `django`: the directory of a Django project, relative to the environment.
"""

import os
import sys
from _frozen_importlib_external import SourceFileLoader

plan = globals().get("plan", {})


def cache(archive):
    """The cache; for an extracted environment, which has none, where the user's would be."""
    if archive.startswith(sys.prefix + os.sep):
        home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        return os.path.join(home, "snakecrate")
    # <cache>/v2/envs/<key>
    return os.path.dirname(os.path.dirname(os.path.dirname(sys.prefix)))


def filled(text):
    archive = os.environ.get("SNAKECRATE_ARCHIVE", "")
    return text.format(
        archive=archive,
        directory=os.path.dirname(archive),
        cache=cache(archive),
        home=os.path.expanduser("~"),
    )


def prepare():
    for name, text in plan.get("set", {}).items():
        os.environ[name] = filled(text)
    for name, text in plan.get("default", {}).items():
        os.environ.setdefault(name, filled(text))
    for name in plan.get("unset", ()):
        os.environ.pop(name, None)
    if "path" in plan:
        search = [os.path.join(sys.prefix, "bin"), os.environ.get("PATH", os.defpath)]
        os.environ["PATH"] = os.pathsep.join(filter(None, search))
    sys.argv[1:1] = plan.get("arguments", ())
    if "directory" in plan:
        # Programs that start themselves again need their path.
        if os.sep in sys.argv[0]:
            sys.argv[0] = os.path.abspath(sys.argv[0])
        os.chdir(filled(plan["directory"]))
    if "django" in plan:
        name, path = "snakecrate_writable", f"{sys.prefix}/boot/lib/writable.py"
        scope = {"__name__": name, "project": plan["django"]}
        exec(SourceFileLoader(name, path).get_code(name), scope)


prepare()
