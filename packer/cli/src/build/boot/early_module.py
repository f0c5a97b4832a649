try:
    with _fast(boot):
        import runpy
        from importlib.util import find_spec
        package = @PARENT@
        if not package and find_spec(@MODULE@).submodule_search_locations is not None:
            package = @MODULE@
        if package: __import__(package)
except Exception: pass
del globals()["_fast"]
