"""One container on a Docker host."""

from functools import cached_property

import docker
import structlog
from docker.errors import DockerException, NotFound
from requests.exceptions import RequestException

from deployctl.errors import DeployError
from deployctl.plan import Step

log = structlog.get_logger()

#: The label that tells our containers, and their versions.
LABEL = "deployctl.version"


class DockerTarget:
    """The container is named after the application. The one before it is kept, stopped, until the
    new one runs: a failed start brings it back."""

    def __init__(self, placement):
        self.name = placement.app
        self.timeout = placement.timeout
        self.url = placement.settings.get("url")
        self.ports = placement.settings.get("ports", {})
        self.variables = placement.settings.get("variables", {})

    @cached_property
    def client(self):
        try:
            client = docker.DockerClient(self.url) if self.url else docker.from_env()
            client.ping()
        except (DockerException, RequestException) as error:
            raise DeployError(f"Docker at {self.url or '$DOCKER_HOST'}: {error}") from error
        return client

    def deploy(self, image, version):
        return [
            Step("check-image", {"image": image}, lambda: self._check_image(image)),
            Step("pull-image", {"image": image}, lambda: self._pull(image)),
            Step(
                "replace-container",
                {"container": self.name, "ports": self.ports, "variables": self.variables},
                lambda: self._replace(image, version),
            ),
        ]

    rollback = deploy

    def status(self):
        container = self._container(self.name)
        if container is None:
            return {"state": "absent"}
        return {
            "state": container.status,
            "version": container.labels.get(LABEL, "unknown"),
            "container": container.short_id,
        }

    def _check_image(self, image):
        with _errors(f"{image} is not in the registry"):
            return self.client.images.get_registry_data(image).id

    def _pull(self, image):
        with _errors(f"{image} cannot be pulled"):
            return self.client.images.pull(image).short_id

    def _replace(self, image, version):
        aside = f"{self.name}-previous"
        with _errors(f"the container {self.name} cannot be replaced"):
            if leftover := self._container(aside):
                leftover.remove(force=True)
            if old := self._container(self.name):
                old.rename(aside)
                old.stop(timeout=30)
            try:
                new = self.client.containers.run(
                    image,
                    name=self.name,
                    detach=True,
                    environment=self.variables,
                    labels={LABEL: version},
                    ports=self.ports,
                    restart_policy={"Name": "unless-stopped"},
                )
            except DockerException:
                self._restore(old)
                raise
            if old:
                old.remove(force=True)
        return new.short_id

    def _restore(self, old):
        if failed := self._container(self.name):
            failed.remove(force=True)
        if old:
            log.warning("the old container comes back", container=self.name)
            old.rename(self.name)
            old.start()

    def _container(self, name):
        try:
            return self.client.containers.get(name)
        except NotFound:
            return None


class _errors:
    """Turns Docker's exceptions into ours."""

    def __init__(self, what):
        self.what = what

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if isinstance(error, (DockerException, RequestException)):
            raise DeployError(f"{self.what}: {error}") from error
        return False
