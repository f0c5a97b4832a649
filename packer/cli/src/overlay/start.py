"""Replaces the archive's interpreter by the overlay's, and runs a module there as a program.

Its arguments: `hidden` or `seen` (whether the interpreter's loader sees LD_* variables), the
interpreter, a number, so many options, the directories of scripts, joined with `:`, the module, and
its arguments. This process holds the lease on the archive's environment, and the next one inherits
it.
"""

import os
import sys

# The working directory is searched first, as by `python -m`, isolated or not.
RUN = """import os, runpy, sys
sys.path[: sys.path[0] == ""] = [os.getcwd()]
name = sys.argv[1]
sys.argv[:2] = ["-m"]
del os, sys
runpy._run_module_as_main(name)"""

seen, python, count = sys.argv[1:4]
options = sys.argv[4 : 4 + int(count)]
scripts, module, *arguments = sys.argv[4 + int(count) :]
environment = dict(os.environ)
if seen == "hidden":
    for name in list(environment):
        if name.startswith("LD_"):
            environment[f"SNAKECRATE_{name}"] = environment.pop(name)
path = environment.get("PATH", os.defpath)
environment["PATH"] = f"{scripts}:{path}"
os.execve(python, [python, *options, "-c", RUN, module, *arguments], environment)
