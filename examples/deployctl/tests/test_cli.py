"""The commands, the inventory and the history."""

import json
import tempfile
import unittest
from pathlib import Path

import yaml
from click.testing import CliRunner
from support import http_server

from deployctl.cli import main
from deployctl.errors import DeployError
from deployctl.history import History
from deployctl.inventory import Inventory


def runner():
    """Keeps output and errors apart, as click from 8.2 (which needs Python 3.10) always does."""
    try:
        return CliRunner(mix_stderr=False)
    except TypeError:
        return CliRunner()


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.history = self.folder / "state" / "history.jsonl"

    def run_cli(self, *arguments):
        return runner().invoke(main, ["--history", str(self.history), *arguments])


class Commands(Case):
    def test_a_dry_run_shows_the_steps_for_every_kind_of_target(self):
        for environment, first in [
            ("dev", "check-image"),
            ("stage", "docker-over-ssh"),
            ("prod", "patch-deployment"),
        ]:
            result = self.run_cli(
                "deploy", "--env", environment, "--app", "a", "--version", "1", "--dry-run"
            )
            self.assertEqual(result.exit_code, 0, result.output)
            plan = yaml.safe_load(result.stdout)
            self.assertEqual(plan["result"], "planned")
            self.assertEqual(plan["image"], "registry.example.com/demo/a:1")
            self.assertEqual(plan["steps"][0]["step"], first)
            self.assertEqual(plan["steps"][-1]["step"], "check-health")
        self.assertFalse(self.history.exists())

    def test_a_failed_deployment_is_shown_and_remembered(self):
        inventory = self.folder / "inventory.yaml"
        inventory.write_text(
            "apps: {a: {image: x/a}}\n"
            "environments: {e: {target: docker, url: 'tcp://127.0.0.1:1', apps: {a: {}}}}\n"
        )
        result = self.run_cli(
            "--inventory", str(inventory), "--log-format", "json",
            "deploy", "--env", "e", "--app", "a", "--version", "1",
        )  # fmt: skip
        self.assertEqual(result.exit_code, 1)
        self.assertEqual(yaml.safe_load(result.stdout)["result"], "failed")
        self.assertIn("Error: Docker at tcp://127.0.0.1:1", result.stderr)
        self.assertFalse(json.loads(self.history.read_text())["succeeded"])

    def test_a_rollback_goes_to_the_version_before(self):
        history = History(self.history)
        for version, succeeded in [("1", True), ("2", True), ("3", False)]:
            history.add("deploy", "dev", "a", version, succeeded)
        result = self.run_cli("rollback", "--env", "dev", "--app", "a", "--dry-run")
        self.assertEqual(yaml.safe_load(result.stdout)["version"], "1")

    def test_a_rollback_without_a_past_needs_a_version(self):
        result = self.run_cli("rollback", "--env", "dev", "--app", "a", "--dry-run")
        self.assertEqual(result.exit_code, 1)
        self.assertIn("name one with --to", result.stderr)

    def test_status_tells_health_by_its_exit_status(self):
        answers = iter([200, 500])
        with http_server(lambda *_: (next(answers), {})) as url:
            inventory = self.folder / "inventory.yaml"
            inventory.write_text(
                f"apps: {{a: {{image: x, health: '{url}'}}}}\n"
                "environments: {e: {target: ssh, hosts: [h], apps: {a: {}}}}\n"
            )
            from deployctl.targets import SshTarget

            SshTarget.status, real = lambda _: {"state": "running"}, SshTarget.status
            self.addCleanup(setattr, SshTarget, "status", real)
            arguments = ["--inventory", str(inventory), "status", "--env", "e"]
            self.assertEqual(self.run_cli(*arguments).exit_code, 0)
            result = self.run_cli(*arguments)
        self.assertEqual(result.exit_code, 1)
        self.assertEqual(yaml.safe_load(result.stdout)["apps"]["a"]["health"], "HTTP 500")

    def test_unknown_names_are_answered_with_the_known_ones(self):
        result = self.run_cli("deploy", "--env", "dev", "--app", "b", "--version", "1")
        self.assertEqual(result.exit_code, 1)
        self.assertIn("has no app 'b' in dev: it has a, api, worker", result.stderr)


class Inventories(Case):
    def test_settings_of_the_application_come_on_top(self):
        document = {
            "apps": {"a": {"image": "x", "timeout": 9}},
            "environments": {"e": {"target": "docker", "url": "u", "apps": {"a": {"ports": {}}}}},
        }
        place = Inventory(document, "test").placement("e", "a")
        self.assertEqual((place.image, place.timeout), ("x", 9.0))
        self.assertEqual(place.settings, {"url": "u", "ports": {}})

    def test_what_is_no_inventory_is_refused(self):
        for text in ["", "[]", "apps: {}", "{", "apps: {a: {}}\nenvironments: {e: {target: x}}"]:
            path = self.folder / "bad.yaml"
            path.write_text(text)
            with self.assertRaisesRegex(DeployError, "bad.yaml: "):
                Inventory.load(path)


class Histories(Case):
    def versions(self, *actions):
        history = History(self.history)
        for action, version in actions:
            history.add(action, "e", "a", version, True)
        return history.current("e", "a"), history.previous("e", "a")

    def test_without_a_file_there_is_no_past(self):
        self.assertEqual(self.versions(), (None, None))

    def test_a_second_rollback_goes_back_further(self):
        past = [("deploy", "1"), ("deploy", "2"), ("deploy", "3"), ("rollback", "2")]
        self.assertEqual(self.versions(*past), ("2", "1"))

    def test_a_damaged_file_is_named(self):
        self.history.parent.mkdir()
        self.history.write_text("{]")
        with self.assertRaisesRegex(DeployError, "is damaged"):
            History(self.history).current("e", "a")


if __name__ == "__main__":
    unittest.main()
