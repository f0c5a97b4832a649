"""Servers on the loopback interface, for tests without a cluster."""

import json
import re
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import paramiko


@contextmanager
def http_server(answer):
    """Serves `answer(method, path, body) -> (status, document)`; gives the base URL."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self):
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, document = answer(self.command, self.path, body)
            data = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_PATCH = _answer

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class Cluster:
    """A Deployment `api` with two revisions; every change rolls out at the next look."""

    def __init__(self):
        self.patches = []
        self.deployment = {
            "metadata": {
                "name": "api",
                "uid": "u1",
                "generation": 2,
                "annotations": {"deployment.kubernetes.io/revision": "2"},
            },
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": {"app": "api"}},
                "template": self.template("example/api:2"),
            },
            "status": {"observedGeneration": 2, **self.counts(2)},
        }

    def answer(self, method, path, body):
        if "/replicasets" in path:
            items = [self.replicas(1, "u1"), self.replicas(2, "u1"), self.replicas(1, "other")]
            return 200, {"items": items}
        if not re.search(r"/namespaces/demo/deployments/api$", path):
            return 404, {"reason": "NotFound"}
        document = json.loads(json.dumps(self.deployment))
        if method == "PATCH":
            self.patches.append(body)
            self.deployment["metadata"]["generation"] += 1
            self.deployment["status"] = {"observedGeneration": 2, **self.counts(0)}
        else:
            generation = self.deployment["metadata"]["generation"]
            self.deployment["status"] = {"observedGeneration": generation, **self.counts(2)}
        return 200, document

    @staticmethod
    def counts(ready):
        names = ("replicas", "updatedReplicas", "availableReplicas", "readyReplicas")
        return dict.fromkeys(names, ready)

    @staticmethod
    def template(image):
        return {
            "metadata": {"labels": {"app": "api", "pod-template-hash": "x"}},
            "spec": {"containers": [{"name": "server", "image": image}]},
        }

    def replicas(self, revision, owner):
        references = [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "api", "uid": owner}]
        return {
            "metadata": {
                "name": f"api-{revision}",
                "annotations": {"deployment.kubernetes.io/revision": str(revision)},
                "ownerReferences": references,
            },
            "spec": {
                "selector": {"matchLabels": {"app": "api"}},
                "template": self.template(f"example/api:{revision}"),
            },
        }


@contextmanager
def ssh_server(answer, directory):
    """Serves `answer(command) -> (status, output)`; gives port, key file, known_hosts file."""
    host_key, user_key = paramiko.ECDSAKey.generate(), paramiko.ECDSAKey.generate()

    class Server(paramiko.ServerInterface):
        def check_auth_publickey(self, username, key):
            well = username == "deploy" and key == user_key
            return paramiko.AUTH_SUCCESSFUL if well else paramiko.AUTH_FAILED

        def get_allowed_auths(self, username):
            return "publickey"

        def check_channel_request(self, kind, chanid):
            return paramiko.OPEN_SUCCEEDED

        def check_channel_exec_request(self, channel, command):
            threading.Thread(target=self.reply, args=(channel, command.decode())).start()
            return True

        def reply(self, channel, command):
            channel.recv(1)  # the end of the client's input: it has seen that the command runs
            status, output = answer(command)
            channel.sendall(output.encode())
            channel.send_exit_status(status)
            channel.close()

    listener = socket.create_server(("127.0.0.1", 0))
    transports = []

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transport.add_server_key(host_key)
            transports.append(transport)
            transport.start_server(server=Server())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    port = listener.getsockname()[1]
    user_key.write_private_key_file(str(directory / "key"))
    known = f"[127.0.0.1]:{port} {host_key.get_name()} {host_key.get_base64()}\n"
    (directory / "known_hosts").write_text(known)
    try:
        yield port, str(directory / "key"), str(directory / "known_hosts")
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for transport in transports:
            transport.close()
