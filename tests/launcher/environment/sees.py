"""All that a variable of Python's can change, on one line."""

import asyncio
import ctypes
import faulthandler
import json
import os
import site
import sys
import sysconfig
import tracemalloc
import types
import warnings
import xml.dom
import zoneinfo


def attempt(call, *arguments):
    try:
        return str(call(*arguments))
    except BaseException as error:
        return f"{type(error).__name__}: {error}"


# The debugger that `breakpoint` calls if it is not told otherwise.
sys.modules["pdb"] = types.SimpleNamespace(set_trace=lambda *_, **__: "pdb")


def a_function():
    pass


allocator = ctypes.pythonapi._PyMem_GetCurrentAllocatorName
allocator.restype = ctypes.c_char_p
streams = [sys.stdin, sys.stdout, sys.stderr]
colorize = sys.modules.get("_colorize") or sys.version_info >= (3, 13) and __import__("_colorize")
frozen = [m for m in ("os", "site") if getattr(sys.modules[m].__spec__, "origin", "") == "frozen"]
print(json.dumps({
    "flags": str(sys.flags),
    "options": [sys.warnoptions, sys._xoptions, sys.orig_argv[1:-2]],
    "path": sys.path,
    "places": [sys.prefix, sys.base_prefix, sys.executable, sys.platlibdir, site.ENABLE_USER_SITE],
    "filters": str(warnings.filters),
    "streams": [(s.encoding, s.errors, s.line_buffering, s.write_through) for s in streams],
    "encodings": [sys.getfilesystemencoding(), os.environ.get("LC_CTYPE")],
    "bytecode": [sys.pycache_prefix, sys.dont_write_bytecode, frozen],
    "memory": [str(allocator()), tracemalloc.is_tracing()],
    "debugging": [faulthandler.is_enabled(), asyncio.coroutines._is_debug_mode(), attempt(breakpoint)],
    "columns": list(getattr(a_function.__code__, "co_positions", lambda: [(0, 0, 0, 0)])())[0][2],
    "digits": getattr(sys, "get_int_max_str_digits", int)(),
    "trampoline": getattr(sys, "is_stack_trampoline_active", bool)(),
    "processors": os.cpu_count(),
    "colour": colorize and colorize.can_colorize(),
    "modules": sorted(sys.modules),
    "dom": attempt(xml.dom.getDOMImplementation).split(" at ")[0],
    "data of time zones": zoneinfo.TZPATH,
    "data of the user": site.getuserbase(),
    "data of the platform": sysconfig.get_platform(),
    "data of the build": attempt(sysconfig.get_config_var, "EXT_SUFFIX"),
}))  # fmt: skip
