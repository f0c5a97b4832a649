"""The command `snakecrate`: where it is, and its command lines for a project.

The plug-ins for hatch, poetry and pdm have the same copy of this file; `ci/integrations` compares them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class CommandMissingError(Exception):
    """There is no command `snakecrate`. The text says what to do."""


def find(python: str) -> str:
    """The file that `$SNAKECRATE` names, else the command beside this interpreter or `python`, or on the `PATH`."""
    if named := os.environ.get("SNAKECRATE"):
        if found := shutil.which(named):
            return os.path.abspath(found)
        raise CommandMissingError(
            f"SNAKECRATE is `{named}`, which isn't an executable file\n"
            " help: unset it, or let it name the command snakecrate"
        )
    beside = [str(Path(one).parent) for one in (sys.executable, python)]
    for places in (os.pathsep.join(beside), None):
        if found := shutil.which("snakecrate", path=places):
            return found
    raise CommandMissingError(
        f"cannot find the command snakecrate, neither in {' or '.join(dict.fromkeys(beside))} nor on the PATH\n"
        " help: install it with `uv tool install snakecrate`, or let SNAKECRATE name its file"
    )


@dataclass
class Build:
    """A build of the project in `root`, with the interpreter of its tool, into `directory`."""

    root: Path
    name: str
    settings: Mapping[str, Any]
    """The table `[tool.snakecrate]`."""
    python: str
    directory: Path
    options: Sequence[str] = field(default_factory=list)
    """More options of `snakecrate build`."""

    def artifacts(self) -> list[str | None]:
        """The names of the archives to build; `None` if the project makes only one."""
        return [*(self._given("--artifact") or self.settings.get("artifact", {}))] or [None]

    def output(self, artifact: str | None) -> Path:
        """The file that a build writes; with several targets, the directory."""
        settings = self._settings(artifact)
        if given := self._given("--output", "-o"):
            return Path(given[-1])
        if "output" in settings:
            return self.root / str(settings["output"])
        targets = self._given("--target") or settings.get("target", [])
        if not isinstance(targets, str) and len(set(targets)) > 1:
            return self.directory
        return self.directory / (artifact or re.sub(r"[-_.]+", "-", self.name).lower())

    def command(self, artifact: str | None) -> list[str]:
        """The command line that builds an archive. Options of the user win."""
        settings = self._settings(artifact)
        command = [find(self.python), "build", os.path.relpath(self.root)]
        if artifact and not self._given("--artifact"):
            command += ["--artifact", artifact]
        if not self._given("--output", "-o"):
            command += ["--output", os.path.relpath(self.output(artifact))]
        if not any(key in settings or self._given(f"--{key}") for key in ("python", "target")):
            command += ["--python", self.python]
        return [*command, *self.options]

    def run(self, artifact: str | None) -> int:
        """Builds an archive, and returns the exit status of the command."""
        command = self.command(artifact)
        self.output(artifact).parent.mkdir(parents=True, exist_ok=True)
        # The launcher of an archive takes the variable for a command.
        environment = {name: value for name, value in os.environ.items() if name != "SNAKECRATE"}
        return subprocess.run(command, env=environment, check=False).returncode

    def run_all(self) -> int:
        """Builds all archives, until one fails, and returns the last exit status."""
        return next((status for status in map(self.run, self.artifacts()) if status), 0)

    def _settings(self, artifact: str | None) -> dict[str, Any]:
        if artifact is None:
            return dict(self.settings)
        common = {key: value for key, value in self.settings.items() if key != "output"}
        return {**common, **self.settings.get("artifact", {}).get(artifact, {})}

    def _given(self, long: str, short: str = "") -> list[str]:
        """The values of an option among the user's."""
        values: list[str] = []
        for index, option in enumerate(self.options):
            if option in (long, short):
                values += self.options[index + 1 : index + 2]
            elif option.startswith(f"{long}="):
                values.append(option.partition("=")[2])
            elif short and option.startswith(short):
                values.append(option.removeprefix(short).removeprefix("="))
        return values
