"""Time zones for hosts without them, if there is no `tzdata` package either.

The archive's zones come last, since the others may be newer. `_common` and `_tzpath` import this
module at their ends. The zones are in a zip file, because most applications never use one.
"""

import os
import sys

_FILE = os.path.join(sys.base_prefix, "share", "tzdata.zip")


def _read(name):
    """A member of the file: a zone by its key, or `zones`, the list of all. None if missing."""
    import zipimport

    try:
        return zipimport.zipimporter(_FILE).get_data(name)
    except (zipimport.ZipImportError, OSError, ValueError):
        return None


def loading(load_tzdata, not_found):
    """`zoneinfo._common.load_tzdata`, which also reads the file, last."""

    def load(key):
        try:
            return load_tzdata(key)
        except not_found:
            data = _read(key) if key != "zones" else None
            if data is None:
                raise
        import io

        return io.BytesIO(data)

    return load


def listing(available_timezones):
    """`zoneinfo.available_timezones`, which also lists the zones in the file."""

    def available():
        return available_timezones().union((_read("zones") or b"").decode().split())

    available.__name__ = available.__qualname__ = "available_timezones"
    available.__module__ = available_timezones.__module__
    available.__doc__ = available_timezones.__doc__
    return available
