"""Plans: the steps of an action, to be shown or to be taken.

A dry run shows the very steps that a real run takes: both come from the target's `deploy`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from deployctl import health
from deployctl.errors import DeployError

log = structlog.get_logger()


@dataclass
class Step:
    """One thing to do; `run` does it and may return a word about the outcome."""

    name: str
    details: dict
    run: Callable[[], str | None]
    outcome: str | None = None

    def document(self):
        outcome = {"outcome": self.outcome} if self.outcome else {}
        return {"step": self.name, **self.details, **outcome}


@dataclass
class Plan:
    """All steps of an action on one application."""

    action: str
    placement: object
    version: str
    steps: list[Step] = field(default_factory=list)
    result: str = "planned"

    def run(self):
        """Takes every step in order; the first failure ends it."""
        for step in self.steps:
            log.info(step.name, app=self.placement.app, **step.details)
            try:
                step.outcome = step.run() or "done"
            except DeployError as error:
                step.outcome = f"failed: {error}"
                self.result = "failed"
                raise
        self.result = "done"

    def document(self):
        """What goes to standard output, as YAML."""
        return {
            "action": self.action,
            "environment": self.placement.environment,
            "app": self.placement.app,
            "version": self.version,
            "image": self.placement.image_of(self.version),
            "target": self.placement.target,
            "result": self.result,
            "steps": [step.document() for step in self.steps],
        }


def deployment(placement, target, version):
    """The plan of `deployctl deploy`."""
    steps = target.deploy(placement.image_of(version), version)
    return Plan("deploy", placement, version, steps + _health_check(placement))


def rollback(placement, target, version):
    """The plan of `deployctl rollback`."""
    steps = target.rollback(placement.image_of(version), version)
    return Plan("rollback", placement, version, steps + _health_check(placement))


def _health_check(placement):
    url, timeout = placement.health, placement.timeout
    if url is None:
        return []
    details = {"url": url, "timeout": timeout}
    return [Step("check-health", details, lambda: health.wait(url, timeout))]
