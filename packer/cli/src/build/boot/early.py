try:
    with _fast(boot): exec(@IMPORTS@, {"__name__": "__main__"})
except Exception: pass
del globals()["_fast"]
