import importlib.util, json, os, platform, sys, sysconfig

# A free-threaded build's is python3.13t.
name = "python%d.%d%s" % (*sys.version_info[:2], getattr(sys, "abiflags", ""))
executable = os.path.join(sys.base_prefix, "bin", name)
if not os.path.isfile(executable):
    executable = getattr(sys, "_base_executable", None) or sys.executable
stdlib = os.path.dirname(os.path.realpath(os.__file__))
dynload = [p for p in sys.path if os.path.basename(p) == "lib-dynload"]
print(json.dumps({
    "executable": os.path.realpath(executable),
    "implementation": sys.implementation.name,
    "version": list(sys.version_info[:3]),
    "full_version": platform.python_version().rstrip("+"),
    "cache_tag": sys.implementation.cache_tag,
    "magic": importlib.util.MAGIC_NUMBER.hex(),
    "prefix": os.path.realpath(sys.base_prefix),
    "stdlib": stdlib,
    "dynload": os.path.realpath(dynload[0]) if dynload else os.path.join(stdlib, "lib-dynload"),
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
}))
