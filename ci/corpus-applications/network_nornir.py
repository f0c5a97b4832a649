# /// script
# requires-python = ">=3.11"
# dependencies = ["nornir==3.6.0", "nornir-utils"]
# ///
"""Runs a task on two hosts of an inventory; runner and inventory are plug-ins found through entry points."""

import pathlib

from nornir import InitNornir

pathlib.Path("hosts.yaml").write_text("r1: {hostname: 192.0.2.1}\nr2: {hostname: 192.0.2.2}\n")
nornir = InitNornir(
    runner={"plugin": "threaded", "options": {"num_workers": 2}},
    inventory={"plugin": "SimpleInventory", "options": {"host_file": "hosts.yaml"}},
    logging={"enabled": False},
)
result = nornir.run(task=lambda task: f"{task.host.name} is {task.host.hostname}", name="who")
print([str(result[name][0].result) for name in sorted(result)])
