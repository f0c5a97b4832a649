# /// script
# requires-python = ">=3.11"
# dependencies = ["gevent==26.9.0"]
# ///
"""A server of greenlets: c_gevent.py PORT."""

from gevent import monkey

monkey.patch_all()

import sys

from gevent.pywsgi import WSGIServer


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"corpus gevent\n"]


if __name__ == "__main__":
    WSGIServer(("127.0.0.1", int(sys.argv[1])), application).serve_forever()
