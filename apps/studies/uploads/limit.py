"""The bound on a request's body, kept while it arrives: Django spools all of it before any view."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

from apps.core.errors import PROBLEM_TYPE, problem_body

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

# Only these take files; everything else is small JSON.
FILE_PATHS = ("/api/v1/uploads", "/dicomweb/")
SMALL = 8 * 1024**2
# Boundaries and part headers of a multipart body come on top of its files.
OVERHEAD = 16 * 1024**2


class BodyLimit:
    """ASGI middleware. A body that is too long is answered with 413 as soon as that is known."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = _limit(scope["path"])
        if _announced(scope) > limit:
            await _refuse(send)
            return
        received = 0
        exceeded = False

        async def counted() -> Any:
            nonlocal received, exceeded
            event = await receive()
            if event["type"] == "http.request":
                received += len(event.get("body", b""))
                if received > limit:
                    exceeded = True
                    return {"type": "http.disconnect"}
            return event

        await self.app(scope, counted, send)
        if exceeded:
            await _refuse(send)


def _limit(path: str) -> int:
    return settings.UPLOAD_MAX_BYTES + OVERHEAD if path.startswith(FILE_PATHS) else SMALL


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


async def _refuse(send: Send) -> None:
    body = json.dumps(
        problem_body(status=413, code="upload_too_large", detail="The request is too large.")
    ).encode()
    await send(
        {
            "type": "http.response.start",
            "status": 413,
            "headers": [
                (b"content-type", PROBLEM_TYPE.encode()),
                (b"content-length", str(len(body)).encode()),
                (b"connection", b"close"),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})
