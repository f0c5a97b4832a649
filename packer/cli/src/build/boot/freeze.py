loaded = "gc" in sys.modules
from gc import freeze
freeze()
if not loaded: del sys.modules["gc"]
