@VARIABLES@
@SOURCE@
@FAST@
def _start():
    import sys
    from _frozen_importlib_external import SourceFileLoader
    _variables()
    del sys.argv[0]
    boot = _source(__file__)
    home = boot.rpartition("/boot/")[0]
    path = home + "/" + @PATH@
    sys.path[:@OWN@] = @SEARCH@
    loader = SourceFileLoader("__main__", path)
    names = globals()
    names.update(__file__=path, __loader__=loader)
    del names["_start"], names["_variables"], names["_source"]
    @BEFORE@
    @EARLY@
    return @CODE@
try: exec(_start())
except Exception:
    @REPAIR@
