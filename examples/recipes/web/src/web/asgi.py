"""The same as `web.wsgi`, for uvicorn."""

import asyncio
import os


async def application(scope, receive, send):
    if scope["type"] != "http":
        # uvicorn takes it as: no start-up or shut-down of its own.
        raise RuntimeError(scope["type"])
    status = 200
    if scope["path"] == "/slow":
        await asyncio.sleep(2)
    elif scope["path"] not in ("/", "/healthz"):
        status = 404
    body = f"{status} from process {os.getpid()}\n".encode()
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
