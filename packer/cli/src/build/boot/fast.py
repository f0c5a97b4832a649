def _fast(path):
    from _frozen_importlib_external import SourceFileLoader
    name, path = "snakecrate_start", path.rpartition("/")[0] + @START@
    scope = {"__name__": name}
    exec(SourceFileLoader(name, path).get_code(name), scope)
    return scope["Start"](@LAZY@)
