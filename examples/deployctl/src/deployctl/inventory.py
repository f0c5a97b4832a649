"""The inventory: which applications there are, and where they run.

A YAML file with two tables, as in the `inventory.yaml` beside this module. Settings of an
environment hold for all its applications, settings of an application there come on top.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import yaml

from deployctl.errors import DeployError

TARGETS = ("docker", "kubernetes", "ssh")


@dataclass(frozen=True)
class Placement:
    """One application in one environment."""

    environment: str
    app: str
    image: str
    target: str
    health: str | None = None
    #: Seconds that a rollout or a health check may take.
    timeout: float = 300
    #: What only the target understands.
    settings: dict = field(default_factory=dict)

    def image_of(self, version):
        """The image's full name: `registry.example.com/demo/a:1`."""
        return f"{self.image}:{version}"


class Inventory:
    """All placements of a file."""

    def __init__(self, document, origin):
        self.origin = origin
        if not isinstance(document, dict):
            raise DeployError(f"{origin}: a mapping with `apps` and `environments` was expected")
        self._apps = self._table(document, "apps")
        self._environments = self._table(document, "environments")
        for name in self._environments:
            self._environment(name)

    @classmethod
    def load(cls, path=None):
        """Reads `path`, or the inventory that comes with this package."""
        if path is None:
            origin = "the built-in inventory"
            text = resources.files("deployctl").joinpath("inventory.yaml").read_text("utf-8")
        else:
            origin = str(path)
            try:
                text = Path(path).read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise DeployError(f"{origin}: {error}") from error
        try:
            return cls(yaml.safe_load(text), origin)
        except yaml.YAMLError as error:
            raise DeployError(f"{origin}: {' '.join(str(error).split())}") from error

    @property
    def environments(self):
        return list(self._environments)

    def apps(self, environment):
        """The names of the applications that run in `environment`."""
        return list(self._environment(environment)["apps"])

    def placement(self, environment, app):
        """Where `app` runs in `environment`."""
        here = self._environment(environment)
        if app not in here["apps"]:
            raise DeployError(
                f"{self.origin} has no app '{app}' in {environment}: "
                f"it has {', '.join(here['apps'])}"
            )
        settings = {key: value for key, value in here.items() if key != "apps"}
        settings |= self._apps.get(app) or {}
        settings |= here["apps"][app] or {}
        if "image" not in settings:
            raise DeployError(f"{self.origin}: the app '{app}' needs an image")
        try:
            timeout = float(settings.pop("timeout", Placement.timeout))
        except (TypeError, ValueError):
            raise DeployError(f"{self.origin}: the timeout of '{app}' is no number") from None
        return Placement(
            environment=environment,
            app=app,
            image=str(settings.pop("image")),
            target=settings.pop("target"),
            health=settings.pop("health", None),
            timeout=timeout,
            settings=settings,
        )

    def _environment(self, name):
        if name not in self._environments:
            raise DeployError(
                f"{self.origin} has no environment '{name}': it has {', '.join(self._environments)}"
            )
        here = self._environments[name] or {}
        if not isinstance(here.get("apps"), dict) or here.get("target") not in TARGETS:
            raise DeployError(
                f"{self.origin}: the environment '{name}' needs `apps` and "
                f"a `target` out of {', '.join(TARGETS)}"
            )
        return here

    def _table(self, document, key):
        table = document.get(key)
        if not isinstance(table, dict) or not table:
            raise DeployError(f"{self.origin}: `{key}` is missing, or no mapping")
        return {str(name): value for name, value in table.items()}
