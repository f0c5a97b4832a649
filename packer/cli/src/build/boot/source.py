def _source(path):
    if not path.endswith(".pyc"):
        return path
    from sys import _getframe
    from _imp import _fix_co_filename
    from _frozen_importlib_external import SourceFileLoader
    path = path.rpartition("/__pycache__/")[0] + @NAME@
    frame = _getframe(1)
    while frame.f_back:
        frame = frame.f_back
    _fix_co_filename(frame.f_code, path)
    globals().update(__file__=path, __loader__=SourceFileLoader("__main__", path))
    return path
