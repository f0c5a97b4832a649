"""Lays the requirements of tests behind the modules of an archive. `snakecrate test` wrote this."""

import os
import site
import sys

from _frozen_importlib_external import PathFinder

# Modules and distributions of the archive.
MODULES = frozenset(@MODULES@)
DISTRIBUTIONS = frozenset(@DISTRIBUTIONS@)
# The archive's `site-packages`, and the directory of a script source.
OWN = @OWN@ + @APP@
APP = @APP@
# The `site-packages` of the requirements.
MORE = @MORE@
# The whole standard library, of which an archive has a part.
WHOLE = @WHOLE@
# Settings of the machine, not modules.
NEVER = ("sitecustomize", "usercustomize")
# The archive's part.
LIBRARY = os.path.dirname(os.__file__)


class Archive:
    """Finds the archive's modules first, whatever else is on the search path.

    Otherwise tests beside the project's sources would test those. The standard library still comes
    before, and a namespace package may have parts elsewhere.
    """

    @staticmethod
    def find_spec(name, path=None, target=None):
        if path is not None or name not in MODULES:
            return None
        library = [entry for entry in sys.path if entry.startswith(sys.base_prefix)]
        spec = PathFinder.find_spec(name, library + OWN)
        return spec if spec is not None and spec.loader is not None else None

    @staticmethod
    def find_distributions(context=None):
        from importlib.metadata import DistributionFinder, MetadataPathFinder

        name = getattr(context, "name", None) or ""
        if "path" in vars(context) or normalized(name) not in DISTRIBUTIONS:
            return ()
        return MetadataPathFinder.find_distributions(
            DistributionFinder.Context(name=name, path=OWN)
        )


class Missing:
    """Finds modules of the standard library that the archive lacks, for tests and their
    requirements. The application itself gets none of them: it has none when it is not tested.
    """

    @staticmethod
    def find_spec(name, path=None, target=None):
        search = WHOLE if name not in NEVER else []
        if path is not None:
            inside = f"{LIBRARY}/"
            entries = [entry for entry in path if isinstance(entry, str)]
            search = [
                f"{WHOLE[0]}/{entry[len(inside):]}" for entry in entries if entry.startswith(inside)
            ]
        if not search or imports_for_the_archive(sys._getframe(1)):
            return None
        spec = PathFinder.find_spec(name, search)
        return spec if spec is not None and spec.loader is not None else None


def imports_for_the_archive(frame):
    """Whether the archive's own code imports, maybe by way of the standard library."""
    own = tuple(f"{path}/" for path in OWN)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith(("<frozen ", f"{LIBRARY}/")):
            return file.startswith(own) and file != __file__
        frame = frame.f_back
    return False


def normalized(name):
    """The name in PEP 503's form."""
    parts = name.lower().replace("_", "-").replace(".", "-").split("-")
    return "-".join(part for part in parts if part)


def restore():
    """Gives variables their names back that were hidden from the interpreter's loader."""
    hiding = b"SNAKECRATE_LD_"
    for name in [name for name in os.environb if name.startswith(hiding)]:
        os.environb[name[len(b"SNAKECRATE_") :]] = os.environb.pop(name)


restore()
sys.meta_path.insert(0, Archive)
sys.meta_path.append(Missing)
sys.path.extend(APP)
for directory in MORE:
    site.addsitedir(directory)
