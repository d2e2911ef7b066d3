"""The bound on bodies, at the level of ASGI: announced sizes, and sizes that only show."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from apps.studies.uploads.limit import SMALL, BodyLimit


class Called:
    """An application that reads its whole body, as Django does before any view."""

    def __init__(self) -> None:
        self.read = 0
        self.aborted = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while True:
            event = await receive()
            if event["type"] == "http.disconnect":
                self.aborted = True
                return
            self.read += len(event["body"])
            if not event["more_body"]:
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def ask(app: Called, path: str, chunks: list[bytes], announced: int | None) -> int:
    headers = [] if announced is None else [(b"content-length", str(announced).encode())]
    events = [
        {"type": "http.request", "body": chunk, "more_body": i < len(chunks) - 1}
        for i, chunk in enumerate(chunks)
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        return events.pop(0)

    async def send(event: Any) -> None:
        sent.append(event)

    await BodyLimit(app)({"type": "http", "path": path, "headers": headers}, receive, send)
    return int(sent[0]["status"])


@pytest.mark.parametrize("path", ["/api/v1/jobs", "/accounts/login/"])
async def test_small_requests_stay_small(path: str) -> None:
    app = Called()
    assert await ask(app, path, [b"{}"], 2) == 200
    assert await ask(Called(), path, [b""], SMALL + 1) == 413
    endless = Called()
    assert await ask(endless, path, [b"x" * 1024**2] * 20, None) == 413
    assert endless.aborted
    assert endless.read <= SMALL


async def test_uploads_may_be_large_but_not_endless(settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 10 * 1024**2
    chunks = [b"x" * 1024**2] * 12
    assert await ask(Called(), "/api/v1/uploads", chunks, None) == 200
    assert await ask(Called(), "/dicomweb/studies", chunks * 4, None) == 413
