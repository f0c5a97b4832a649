"""The build target `snakecrate`. Its versions are the archives of the project."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from hatchling.builders.config import BuilderConfig
from hatchling.builders.plugin.interface import BuilderInterface
from hatchling.plugin import hookimpl
from hatchling.plugin.manager import PluginManager

from .command import Build, CommandMissingError


class SnakecrateBuilder(BuilderInterface[BuilderConfig, PluginManager]):
    """Builds one executable file with the command `snakecrate`."""

    PLUGIN_NAME = "snakecrate"

    def get_version_api(self) -> dict[str, Callable[..., str]]:
        """A version for each `[tool.snakecrate.artifact.NAME]`, or `standard`."""
        names = self._build(self.config.directory).artifacts()
        return {name or "standard": partial(self.build_archive, name) for name in names}

    def build_archive(self, artifact: str | None, directory: str, **_build_data: object) -> str:
        """Builds an archive into `directory`, and returns its path."""
        build = self._build(directory)
        try:
            status = build.run(artifact)
        except CommandMissingError as error:
            print(f"error: {error}", file=sys.stderr)
            status = 1
        if status:
            sys.exit(status)
        return str(build.output(artifact))

    def clean(self, directory: str, versions: list[str]) -> None:
        """Removes the archives of an earlier build."""
        build = self._build(directory)
        for name in build.artifacts():
            output = build.output(name)
            if output.is_file() and (not versions or (name or "standard") in versions):
                output.unlink()

    def _build(self, directory: str) -> Build:
        options = self.target_config.get("options", [])
        if not isinstance(options, list) or not all(isinstance(one, str) for one in options):
            raise TypeError(f"Field `tool.hatch.build.targets.{self.PLUGIN_NAME}.options` must be an array of strings")
        return Build(
            root=Path(self.root),
            name=self.metadata.core.raw_name,
            settings=self.metadata.config.get("tool", {}).get("snakecrate", {}),
            python=sys.executable,
            directory=Path(directory),
            options=options,
        )


@hookimpl
def hatch_register_builder() -> type[SnakecrateBuilder]:
    """Gives hatchling the target."""
    return SnakecrateBuilder
