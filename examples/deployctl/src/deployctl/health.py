"""Health checks over HTTP."""

import time

import requests
import structlog

from deployctl.errors import DeployError

log = structlog.get_logger()

#: Seconds that one request may take.
REQUEST_TIMEOUT = 5


def probe(url, session=None):
    """One check: None if `url` answers with a status below 400, else what is wrong."""
    try:
        response = (session or requests).get(url, timeout=REQUEST_TIMEOUT)
    except requests.RequestException as error:
        return type(error).__name__
    return None if response.ok else f"HTTP {response.status_code}"


def wait(url, timeout, interval=2.0):
    """Checks `url` until it is well, for at most `timeout` seconds."""
    deadline = time.monotonic() + timeout
    with requests.Session() as session:
        while True:
            problem = probe(url, session)
            if problem is None:
                return
            if time.monotonic() + interval > deadline:
                raise DeployError(f"{url} is not healthy after {timeout:g} s: {problem}")
            log.debug("not healthy yet", url=url, problem=problem)
            time.sleep(interval)
