"""Time zones where neither the host nor a `tzdata` package has them.

The archive's own come after both, which may be newer. `_common` and `_tzpath` import this module
at their ends. The zones are in a zip file, as most archives never look at one.
"""

import os
import sys

_FILE = os.path.join(sys.base_prefix, "share", "tzdata.zip")


def _read(name):
    """A member of the file: a zone by its key, or the list of all, `zones`. None if it is not there."""
    import zipimport

    try:
        return zipimport.zipimporter(_FILE).get_data(name)
    except (zipimport.ZipImportError, OSError, ValueError):
        return None


def loading(load_tzdata, not_found):
    """`zoneinfo._common.load_tzdata`, which looks into the file at last."""

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
    """`zoneinfo.available_timezones`, which lists those in the file as well."""

    def available():
        return available_timezones().union((_read("zones") or b"").decode().split())

    available.__name__ = available.__qualname__ = "available_timezones"
    available.__module__ = available_timezones.__module__
    available.__doc__ = available_timezones.__doc__
    return available
