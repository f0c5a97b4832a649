@VARIABLES@
@SOURCE@
@FAST@
def _start():
    import sys
    boot = _source(__file__)
    _variables()
    del sys.argv[0]
    if @OWN@:
        sys.path[0] = ""
    names = globals()
    del names["_start"], names["_variables"], names["_source"]
    @BEFORE@
    @EARLY@
    import runpy
    return runpy._run_module_as_main
if __name__ == "__main__":
    try: _start()(@MODULE@, alter_argv=False)
    except Exception:
        @REPAIR@
    except SystemExit:
        # runpy itself exits if there is no such module.
        if __import__("sys").exc_info()[2].tb_next.tb_next: raise
        @REPAIR@
