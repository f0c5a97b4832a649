"""The three targets against servers on loopback, or, for Docker, a client that takes notes."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

from docker.errors import APIError, NotFound
from kubernetes import client
from support import Cluster, http_server, ssh_server

from deployctl import health
from deployctl.errors import DeployError
from deployctl.inventory import Placement
from deployctl.plan import deployment, rollback
from deployctl.targets import DockerTarget, KubernetesTarget, SshTarget


def placement(target, app="api", **settings):
    return Placement("test", app, "example/api", target, timeout=5, settings=settings)


class Kubernetes(unittest.TestCase):
    def setUp(self):
        self.cluster = Cluster()
        server = http_server(self.cluster.answer)
        url = server.__enter__()
        self.addCleanup(server.__exit__, None, None, None)
        self.place = placement("kubernetes", namespace="demo", container="server")
        self.target = KubernetesTarget(self.place)
        self.target.interval = 0.01
        configuration = client.Configuration(host=url)
        self.target.api = client.AppsV1Api(client.ApiClient(configuration))

    def test_a_deployment_patches_the_image_and_waits_for_the_rollout(self):
        plan = deployment(self.place, self.target, "3")
        plan.run()
        (patch,) = self.cluster.patches
        containers = patch["spec"]["template"]["spec"]["containers"]
        self.assertEqual(containers, [{"name": "server", "image": "example/api:3"}])
        self.assertEqual(plan.document()["steps"][1]["outcome"], "2 replicas")

    def test_a_rollback_restores_the_template_of_the_revision_that_had_the_version(self):
        plan = rollback(self.place, self.target, "1")
        plan.run()
        ((template, annotations),) = self.cluster.patches
        self.assertEqual(template["path"], "/spec/template")
        self.assertEqual(template["value"]["metadata"]["labels"], {"app": "api"})
        image = template["value"]["spec"]["containers"][0]["image"]
        self.assertEqual(image, "example/api:1")
        self.assertIn("deployctl rollback 1", annotations["value"].values())
        self.assertEqual(plan.steps[0].outcome, "revision 1")

    def test_a_version_that_the_cluster_has_forgotten_cannot_come_back(self):
        with self.assertRaisesRegex(DeployError, "no revision of api with example/api:0"):
            rollback(self.place, self.target, "0").run()
        self.assertEqual(self.cluster.patches, [])

    def test_status_reads_the_deployment(self):
        state = {"state": "available", "version": "2", "revision": 2, "replicas": 2, "ready": 2}
        self.assertEqual(self.target.status(), state)

    def test_a_missing_deployment_is_named(self):
        self.target.name = "other"
        with self.assertRaisesRegex(DeployError, "other in demo: 404"):
            self.target.status()


class Docker(unittest.TestCase):
    def setUp(self):
        self.place = placement("docker", ports={"80/tcp": 8080})
        self.target = DockerTarget(self.place)
        self.client = self.target.client = mock.MagicMock()
        self.containers = {}
        self.client.containers.get.side_effect = self.get

    def get(self, name):
        if name not in self.containers:
            raise NotFound(name)
        return self.containers[name]

    def old_container(self):
        old = self.containers["api"] = mock.MagicMock()

        def rename(name):
            names = [key for key, value in self.containers.items() if value is old]
            self.containers[name] = self.containers.pop(names[0])

        old.rename.side_effect = rename
        return old

    def test_the_new_container_takes_the_place_of_the_old(self):
        old = self.old_container()
        deployment(self.place, self.target, "2").run()
        self.client.images.get_registry_data.assert_called_once_with("example/api:2")
        self.client.images.pull.assert_called_once_with("example/api:2")
        self.client.containers.run.assert_called_once()
        options = self.client.containers.run.call_args.kwargs
        self.assertEqual(options["labels"], {"deployctl.version": "2"})
        self.assertEqual(options["ports"], {"80/tcp": 8080})
        old.remove.assert_called_once_with(force=True)

    def test_a_container_that_does_not_start_brings_the_old_one_back(self):
        old = self.old_container()
        self.client.containers.run.side_effect = APIError("port is taken")
        with self.assertRaisesRegex(DeployError, "port is taken"):
            deployment(self.place, self.target, "2").run()
        self.assertIs(self.containers["api"], old)
        old.start.assert_called_once_with()
        old.remove.assert_not_called()

    def test_an_image_that_the_registry_does_not_have_ends_it_before_anything_changes(self):
        self.client.images.get_registry_data.side_effect = NotFound("no such manifest")
        plan = deployment(self.place, self.target, "9")
        with self.assertRaisesRegex(DeployError, "example/api:9 is not in the registry"):
            plan.run()
        self.assertEqual(plan.document()["result"], "failed")
        self.client.containers.run.assert_not_called()

    def test_without_a_container_the_state_is_absent(self):
        self.assertEqual(self.target.status(), {"state": "absent"})


class Ssh(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.commands, self.statuses = [], {}
        server = ssh_server(self.answer, Path(folder.name))
        port, key, known_hosts = server.__enter__()
        self.addCleanup(server.__exit__, None, None, None)
        self.settings = {
            "hosts": ["127.0.0.1"],
            "user": "deploy",
            "port": port,
            "key": key,
            "known_hosts": known_hosts,
        }

    def answer(self, command):
        self.commands.append(command)
        word = command.split()[0]
        return self.statuses.get(word, 0), f"{word} said so\n"

    def run_plan(self, app="api", **settings):
        place = placement("ssh", app, **self.settings, **settings)
        deployment(place, SshTarget(place), "2").run()

    def test_docker_on_the_host_replaces_the_container(self):
        self.run_plan(ports={"80/tcp": 8080}, variables={"WORDS": "two words"})
        pull, remove, run = self.commands
        self.assertEqual(pull, "docker pull example/api:2")
        self.assertEqual(remove, "docker rm --force api")
        self.assertIn("--publish 8080:80/tcp --env 'WORDS=two words' example/api:2", run)

    def test_systemd_restarts_the_unit_with_its_version(self):
        self.run_plan(service="systemd")
        self.assertEqual(
            self.commands[1:], ["sudo systemctl restart api", "systemctl is-active api"]
        )
        self.assertIn("VERSION=2", self.commands[0])

    def test_the_first_command_that_fails_ends_it(self):
        self.statuses["docker"] = 3
        with self.assertRaisesRegex(DeployError, "exited with 3: docker said so"):
            self.run_plan()
        self.assertEqual(len(self.commands), 1)

    def test_an_unknown_host_is_refused(self):
        Path(self.settings["known_hosts"]).write_text("")
        with self.assertRaisesRegex(DeployError, "127.0.0.1: no connection: .*not found"):
            self.run_plan()

    def test_status_asks_every_host(self):
        place = placement("ssh", **self.settings)
        self.assertEqual(SshTarget(place).status(), {"hosts": {"127.0.0.1": "docker said so"}})


class Health(unittest.TestCase):
    def test_it_waits_until_the_service_is_well(self):
        answers = iter([500, 503, 200])
        with http_server(lambda *_: (next(answers), {})) as url:
            health.wait(url, timeout=10, interval=0.01)
        self.assertEqual(list(answers), [])

    def test_it_gives_up_and_says_why(self):
        with http_server(lambda *_: (503, {})) as url:
            with self.assertRaisesRegex(DeployError, "HTTP 503"):
                health.wait(url, timeout=0.05, interval=0.02)

    def test_nobody_listens(self):
        self.assertEqual(health.probe("http://127.0.0.1:1/"), "ConnectionError")


if __name__ == "__main__":
    unittest.main()
