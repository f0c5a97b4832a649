try: exec(__import__("_frozen_importlib_external").SourceFileLoader("snakecrate_repair", __import__("sys").prefix + "/" + @SCRIPT@).get_code("snakecrate_repair"), {"__name__": "snakecrate_repair"})
except Exception: pass
raise
