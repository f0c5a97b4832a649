"""Has a back end (PEP 517) build a wheel of the project in the working directory.

Arguments: the back end, its `backend-path` as JSON, the requirements beyond `build-system.requires`
that are installed as JSON, the directory for the wheel, the file for the outcome. That is JSON:
`{"wheel": NAME}`, `{"requires": [...]}` if other requirements have to be installed first, or
`{"exception": TEXT}`.
"""

import importlib
import json
import os
import sys
import traceback

backend, paths, installed, out, report = sys.argv[1:]
sys.path[:1] = [os.path.abspath(path) for path in json.loads(paths)]
# Setuptools reads `sys.argv`.
del sys.argv[1:]


def build():
    name, _, attributes = backend.partition(":")
    hooks = importlib.import_module(name)
    for attribute in filter(None, attributes.split(".")):
        hooks = getattr(hooks, attribute)
    more = getattr(hooks, "get_requires_for_build_wheel", None)
    wanted = sorted(set(more(None) or ())) if more else []
    if wanted != json.loads(installed):
        return {"requires": wanted}
    return {"wheel": hooks.build_wheel(out, None, None)}


def report_on(error):
    if isinstance(error, SystemExit):
        # Setuptools ends so when a compiler fails; a number says nothing.
        if not isinstance(error.code, str):
            return None
        print(error.code, file=sys.stderr)
        return error.code
    traceback.print_exc()
    return traceback.format_exception_only(type(error), error)[-1].strip()


try:
    outcome = build()
except BaseException as error:
    outcome = {"exception": report_on(error)}
with open(report, "w", encoding="utf-8") as file:
    json.dump(outcome, file)
sys.exit("exception" in outcome)
