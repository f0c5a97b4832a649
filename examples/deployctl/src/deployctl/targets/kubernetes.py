"""A Deployment in a Kubernetes cluster."""

import time
from functools import cached_property

import structlog
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

from deployctl.errors import DeployError
from deployctl.plan import Step

log = structlog.get_logger()

#: Where the Deployment's controller keeps the number of a rollout.
REVISION = "deployment.kubernetes.io/revision"
#: What `kubectl rollout history` shows.
CHANGE_CAUSE = "kubernetes.io/change-cause"


class KubernetesTarget:
    """The Deployment is named after the application and exists already: only its image changes."""

    #: Seconds between two looks at a rollout.
    interval = 2.0

    def __init__(self, placement):
        self.name = placement.app
        self.timeout = placement.timeout
        self.context = placement.settings.get("context")
        self.namespace = placement.settings.get("namespace", "default")
        self.container = placement.settings.get("container", placement.app)

    @cached_property
    def api(self):
        try:
            return client.AppsV1Api(config.new_client_from_config(context=self.context))
        except config.ConfigException as error:
            raise DeployError(f"the Kubernetes context {self.context}: {error}") from error

    def deploy(self, image, version):
        return [
            Step(
                "patch-deployment",
                {**self._place(), "container": self.container, "image": image},
                lambda: self._patch_image(image, version),
            ),
            self._wait_step(),
        ]

    def rollback(self, image, version):
        return [
            Step(
                "restore-revision",
                {**self._place(), "container": self.container, "image": image},
                lambda: self._restore(image, version),
            ),
            self._wait_step(),
        ]

    def status(self):
        deployment = self._call(self.api.read_namespaced_deployment, self.name, self.namespace)
        return {
            "state": "available" if _problem(deployment) is None else "progressing",
            "version": _image(deployment.spec.template, self.container).rpartition(":")[2],
            "revision": int((deployment.metadata.annotations or {}).get(REVISION, 0)),
            "replicas": deployment.spec.replicas,
            "ready": deployment.status.ready_replicas or 0,
        }

    def _place(self):
        return {"deployment": self.name, "namespace": self.namespace}

    def _wait_step(self):
        details = {**self._place(), "timeout": self.timeout}
        return Step("wait-for-rollout", details, self._wait)

    def _patch_image(self, image, version):
        body = {
            "metadata": {"annotations": {CHANGE_CAUSE: f"deployctl deploy {version}"}},
            "spec": {
                "template": {"spec": {"containers": [{"name": self.container, "image": image}]}}
            },
        }
        self._call(self.api.patch_namespaced_deployment, self.name, self.namespace, body)

    def _restore(self, image, version):
        """Makes the pod template of an earlier ReplicaSet the Deployment's, as kubectl does."""
        deployment = self._call(self.api.read_namespaced_deployment, self.name, self.namespace)
        labels = deployment.spec.selector.match_labels or {}
        selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
        found = self._call(
            self.api.list_namespaced_replica_set, self.namespace, label_selector=selector
        )
        revisions = [
            (int((replicas.metadata.annotations or {}).get(REVISION, 0)), replicas)
            for replicas in found.items
            if any(
                o.uid == deployment.metadata.uid for o in replicas.metadata.owner_references or []
            )
            and _image(replicas.spec.template, self.container) == image
        ]
        if not revisions:
            raise DeployError(f"the cluster keeps no revision of {self.name} with {image}")
        revision, replicas = max(revisions, key=lambda pair: pair[0])
        template = self.api.api_client.sanitize_for_serialization(replicas.spec.template)
        template["metadata"].get("labels", {}).pop("pod-template-hash", None)
        annotations = dict(deployment.metadata.annotations or {})
        annotations[CHANGE_CAUSE] = f"deployctl rollback {version}"
        body = [
            {"op": "replace", "path": "/spec/template", "value": template},
            {"op": "add", "path": "/metadata/annotations", "value": annotations},
        ]
        self._call(self.api.patch_namespaced_deployment, self.name, self.namespace, body)
        return f"revision {revision}"

    def _wait(self):
        deadline = time.monotonic() + self.timeout
        while True:
            deployment = self._call(self.api.read_namespaced_deployment, self.name, self.namespace)
            problem = _problem(deployment)
            if problem is None:
                return f"{deployment.spec.replicas} replicas"
            for condition in deployment.status.conditions or []:
                if condition.reason == "ProgressDeadlineExceeded":
                    raise DeployError(f"the rollout of {self.name} is stuck: {condition.message}")
            if time.monotonic() + self.interval > deadline:
                raise DeployError(
                    f"the rollout of {self.name} takes longer than {self.timeout:g} s: {problem}"
                )
            log.debug("rollout goes on", deployment=self.name, problem=problem)
            time.sleep(self.interval)

    def _call(self, method, *arguments, **options):
        try:
            return method(*arguments, **options)
        except ApiException as error:
            raise DeployError(
                f"Kubernetes, {self.name} in {self.namespace}: {error.status} {error.reason}"
            ) from error
        except HTTPError as error:
            raise DeployError(f"the Kubernetes context {self.context}: {error}") from error


def _problem(deployment):
    """Why a rollout is not over yet: the questions of `kubectl rollout status`."""
    wanted, status = deployment.spec.replicas, deployment.status
    if (status.observed_generation or 0) < deployment.metadata.generation:
        return "the controller has not seen the change"
    if (status.updated_replicas or 0) < wanted:
        return f"{status.updated_replicas or 0} of {wanted} replicas updated"
    if (status.replicas or 0) > (status.updated_replicas or 0):
        return f"{status.replicas - (status.updated_replicas or 0)} old replicas remain"
    if (status.available_replicas or 0) < wanted:
        return f"{status.available_replicas or 0} of {wanted} replicas available"
    return None


def _image(template, container):
    return next((c.image for c in template.spec.containers if c.name == container), "")
