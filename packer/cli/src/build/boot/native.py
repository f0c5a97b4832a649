import sys
@VARIABLES@
if __name__ == "__main__":
    del sys.argv[0]
    _variables()
    @BEFORE@
    import os
    os.execv(os.path.join(sys.prefix, @PATH@), sys.argv)
