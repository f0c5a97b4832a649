"""The command `pdm snakecrate`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from pdm.cli.commands.base import BaseCommand
from pdm.cli.options import project_option, venv_option, verbose_option
from pdm.core import Core
from pdm.exceptions import PdmUsageError
from pdm.project import Project

from .command import Build, CommandMissingError


class SnakecrateCommand(BaseCommand):
    """Build one executable file with Snakecrate, with the versions of pdm.lock"""

    name = "snakecrate"
    arguments = (verbose_option, project_option, venv_option)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the options."""
        parser.add_argument("-d", "--dest", default="dist", help="Target directory to put the file (default: dist)")
        parser.add_argument("options", nargs="*", help="More options of `snakecrate build`, behind --")

    def handle(self, project: Project, options: Namespace) -> None:
        """Runs the command, and exits with its status if that isn't 0."""
        if project.is_global:
            raise PdmUsageError("Not allowed to build based on the global project.")
        more = ["--quiet"] if options.verbose < 0 else ["--verbose"] if options.verbose else []
        build = Build(
            root=project.root,
            name=project.pyproject.metadata.get("name") or project.root.name,
            settings=project.pyproject.open_for_read().get("tool", {}).get("snakecrate", {}),
            python=str(project.environment.interpreter.executable),
            directory=project.root / options.dest,
            options=[*more, *options.options],
        )
        try:
            status = build.run_all()
        except CommandMissingError as error:
            print(f"error: {error}", file=sys.stderr)
            status = 1
        if status:
            sys.exit(status)


def main(core: Core) -> None:
    """Registers the command with pdm."""
    core.register_command(SnakecrateCommand)
