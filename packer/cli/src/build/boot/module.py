import sys
@VARIABLES@
if __name__ == "__main__":
    _variables()
    del sys.argv[0], _variables
    if @OWN@:
        sys.path[0] = ""
    @BEFORE@
    try:
        import runpy
        runpy._run_module_as_main(@MODULE@, alter_argv=False)
    except Exception:
        @REPAIR@
    except SystemExit:
        # runpy itself exits if there is no such module.
        if __import__("sys").exc_info()[2].tb_next.tb_next: raise
        @REPAIR@
