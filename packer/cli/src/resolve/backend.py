"""Has a back end (PEP 517) build a wheel of the project in the working directory.

Arguments: the back end, its `backend-path` as JSON, the directory for the wheel. Exit status 75: the
back end asks for more than `build-system.requires` says.
"""

import importlib
import json
import os
import sys

backend, paths, out = sys.argv[1:]
sys.path[:1] = [os.path.abspath(path) for path in json.loads(paths)]
# Setuptools reads `sys.argv`.
del sys.argv[1:]
name, _, attributes = backend.partition(":")
hooks = importlib.import_module(name)
for attribute in filter(None, attributes.split(".")):
    hooks = getattr(hooks, attribute)
more = getattr(hooks, "get_requires_for_build_wheel", None)
if more is not None and more(None):
    sys.exit(75)
hooks.build_wheel(out, None, None)
