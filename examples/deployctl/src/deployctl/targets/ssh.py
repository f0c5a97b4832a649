"""Plain hosts over SSH: a container run by Docker, or a service run by systemd."""

import shlex

import paramiko
import structlog

from deployctl.errors import DeployError
from deployctl.plan import Step

log = structlog.get_logger()

#: Seconds to connect to a host.
CONNECT_TIMEOUT = 15


class SshTarget:
    """The hosts are served one after the other: a failure leaves the rest as they were."""

    def __init__(self, placement):
        self.name = placement.app
        self.timeout = placement.timeout
        settings = placement.settings
        self.hosts = settings.get("hosts", [])
        self.user = settings.get("user")
        self.port = settings.get("port", 22)
        self.key = settings.get("key")
        self.known_hosts = settings.get("known_hosts")
        self.ports = settings.get("ports", {})
        self.variables = settings.get("variables", {})
        self.service = settings.get("service", "docker")
        if self.service not in ("docker", "systemd"):
            raise DeployError(f"{self.name}: a service is run by docker or systemd")
        if not self.hosts:
            raise DeployError(f"{self.name}: an ssh target needs hosts")

    def deploy(self, image, version):
        commands = (
            self._docker_commands(image, version)
            if self.service == "docker"
            else self._systemd_commands(version)
        )
        return [
            Step(
                f"{self.service}-over-ssh",
                {"host": host, "user": self.user, "commands": list(commands)},
                lambda host=host: self._run(host, commands),
            )
            for host in self.hosts
        ]

    rollback = deploy

    def status(self):
        name = shlex.quote(self.name)
        command = (
            f"docker inspect --format '{{{{.State.Status}}}} {{{{.Config.Image}}}}' {name}"
            if self.service == "docker"
            else f"systemctl is-active {name}; cat {shlex.quote(self._version_file)}"
        )
        return {"hosts": {host: self._ask(host, command) for host in self.hosts}}

    @property
    def _version_file(self):
        return f"/etc/deployctl/{self.name}.env"

    def _docker_commands(self, image, version):
        run = ["docker", "run", "--detach", "--name", self.name, "--restart", "unless-stopped"]
        run += ["--label", f"deployctl.version={version}"]
        for inside, outside in self.ports.items():
            run += ["--publish", f"{outside}:{inside}"]
        for key, value in self.variables.items():
            run += ["--env", f"{key}={value}"]
        return [
            shlex.join(["docker", "pull", image]),
            f"docker rm --force {shlex.quote(self.name)}",
            shlex.join([*run, image]),
        ]

    def _systemd_commands(self, version):
        """The unit reads its version from an EnvironmentFile."""
        name = shlex.quote(self.name)
        line, file = shlex.quote(f"VERSION={version}"), shlex.quote(self._version_file)
        return [
            f"printf '%s\\n' {line} | sudo tee {file}",
            f"sudo systemctl restart {name}",
            f"systemctl is-active {name}",
        ]

    def _run(self, host, commands):
        with self._connect(host) as connection:
            for command in commands:
                status, output = self._execute(connection, command)
                if status != 0:
                    raise DeployError(f"{host}: `{command}` exited with {status}: {output}")

    def _ask(self, host, command):
        with self._connect(host) as connection:
            return self._execute(connection, command)[1]

    def _connect(self, host):
        connection = paramiko.SSHClient()
        try:
            connection.load_system_host_keys(self.known_hosts)
            connection.set_missing_host_key_policy(paramiko.RejectPolicy())
            connection.connect(
                host,
                port=self.port,
                username=self.user,
                key_filename=self.key,
                timeout=CONNECT_TIMEOUT,
            )
        except (paramiko.SSHException, OSError) as error:
            connection.close()
            raise DeployError(f"{host}: no connection: {error}") from error
        return connection

    def _execute(self, connection, command):
        """The status of `command` and what it wrote, in one line."""
        log.debug("ssh", command=command)
        try:
            stdin, stdout, stderr = connection.exec_command(command, timeout=self.timeout)
            stdin.channel.shutdown_write()
            output = stdout.read() + stderr.read()
            status = stdout.channel.recv_exit_status()
        except (paramiko.SSHException, OSError) as error:
            raise DeployError(f"`{command}`: the connection broke: {error}") from error
        return status, " ".join(output.decode(errors="replace").split())
