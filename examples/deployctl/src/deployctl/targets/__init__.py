"""Where applications run.

A target has three methods: `deploy(image, version)` and `rollback(image, version)` give the steps,
without a connection to anything; `status()` looks at what is there and gives a dictionary.
"""

from deployctl.targets.docker import DockerTarget
from deployctl.targets.kubernetes import KubernetesTarget
from deployctl.targets.ssh import SshTarget

_CLASSES = {"docker": DockerTarget, "kubernetes": KubernetesTarget, "ssh": SshTarget}


def target_of(placement):
    """The target that `placement` names."""
    return _CLASSES[placement.target](placement)
