"""The command `poetry snakecrate build`."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from cleo.helpers import argument, option
from cleo.io.inputs.argument import Argument
from cleo.io.inputs.option import Option
from poetry.console.commands.command import Command
from poetry.console.commands.env_command import EnvCommand
from poetry.plugins.application_plugin import ApplicationPlugin

from .command import Build, CommandMissingError


class BuildCommand(EnvCommand):
    """Builds one executable file with the command `snakecrate`."""

    name = "snakecrate build"
    description = "Builds one executable file with Snakecrate, with the versions of poetry.lock."
    help = "Options of <c1>snakecrate build</c1> follow <c1>--</c1>: <c1>poetry snakecrate build -- --level 3</c1>"
    options: ClassVar[list[Option]] = [
        option("output", "o", "Set output directory for the file.", default="dist", flag=False),
    ]
    arguments: ClassVar[list[Argument]] = [
        argument("arguments", "More options of <c1>snakecrate build</c1>, behind --.", multiple=True, optional=True),
    ]

    def handle(self) -> int:
        """Runs the command, and returns its status."""
        more = ["--quiet"] if self.io.output.is_quiet() else ["--verbose"] if self.io.output.is_verbose() else []
        root = self.poetry.pyproject_path.parent
        build = Build(
            root=root,
            name=self.poetry.package.pretty_name or root.name,
            settings=self.poetry.pyproject.data.get("tool", {}).get("snakecrate", {}),
            python=str(self.env.python),
            directory=root / Path(self.option("output")),
            options=[*more, *self.argument("arguments")],
        )
        try:
            return build.run_all()
        except CommandMissingError as error:
            self.line_error(f"error: {error}")
            return 1


class SnakecratePlugin(ApplicationPlugin):
    """Adds the command to poetry."""

    @property
    def commands(self) -> list[type[Command]]:
        """The plug-in's commands."""
        return [BuildCommand]
