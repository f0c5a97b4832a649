"""`/` answers at once, `/slow` after two seconds; both name the process that answers."""

import os
import time


def application(environ, start_response):
    status = "200 OK"
    if environ["PATH_INFO"] == "/slow":
        time.sleep(2)
    elif environ["PATH_INFO"] not in ("/", "/healthz"):
        status = "404 Not Found"
    body = f"{status} from process {os.getpid()}\n".encode()
    start_response(
        status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
    )
    return [body]
