import sys
@VARIABLES@
@SOURCE@
@FAST@
if __name__ == "__main__":
    del sys.argv[0]
    _source(__file__)
    if @OWN@:
        sys.path[0] = ""
    _variables()
    @BEFORE@
    try:
        @IMPORT@
    except Exception:
        @REPAIR@
    del @DEFINED@
    sys.exit(@ATTR@())
