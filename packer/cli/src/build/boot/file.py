@VARIABLES@
@FAST@
def _start():
    import os, sys
    _variables()
    from _frozen_importlib_external import SourceFileLoader
    del sys.argv[0]
    boot = os.path.abspath(__file__)
    path = os.path.join(os.path.dirname(os.path.dirname(boot)), @PATH@)
    sys.path[:@OWN@] = @SEARCH@
    loader = SourceFileLoader("__main__", path)
    globals().update(__file__=path, __loader__=loader)
    del globals()["_start"], globals()["_variables"]
    @BEFORE@
    @EARLY@
    return @CODE@
try: exec(_start())
except Exception:
    @REPAIR@
