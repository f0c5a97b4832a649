"""What gunicorn takes from `python:web.settings`."""

import os

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8080')}"
workers = int(os.environ.get("WORKERS", "2"))
#: Seconds for requests that are being answered when SIGTERM comes. The supervisor has to wait longer:
#: `TimeoutStopSec=`, `terminationGracePeriodSeconds`.
graceful_timeout = 30
accesslog = "-"
#: Workers say that they are alive through files here, which a read-only root wouldn't allow.
worker_tmp_dir = "/dev/shm"
#: A socket in the home, which a service doesn't have.
control_socket_disable = True
