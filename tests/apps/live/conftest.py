"""A client of the websocket as a browser or a program is one, without a network.

The channel layer is the real one on the real Redis; the database is the test's.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import settings as django_settings
from django.test import Client

from apps.accounts.models import User
from apps.jobs.lease import Lease
from apps.jobs.models import Job
from apps.jobs.services.create import job_create
from apps.jobs.services.start import job_start
from apps.live.routing import websocket_application
from apps.live.tickets import ticket_issue

Frame = dict[str, Any]
HOST = (b"host", b"localhost")
ORIGIN = (b"origin", b"http://localhost")


class LiveClient:
    """Speaks frames, acknowledges only when told to. (``channels.testing`` wants Daphne.)"""

    def __init__(self, path: str, headers: list[tuple[bytes, bytes]]) -> None:
        address, _, query = path.partition("?")
        scope = {
            "type": "websocket",
            "path": address,
            "query_string": query.encode(),
            "headers": headers,
            "subprotocols": [],
        }
        communicator: Any = ApplicationCommunicator
        self._socket = communicator(websocket_application, scope)

    async def connect(self) -> bool:
        await self._socket.send_input({"type": "websocket.connect"})
        answer = await self._socket.receive_output(3)
        return bool(answer["type"] == "websocket.accept")

    async def disconnect(self) -> None:
        await self._socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await self._socket.wait(3)

    async def send(self, *, text: str | None = None, binary: bytes | None = None) -> None:
        await self._socket.send_input({"type": "websocket.receive", "text": text, "bytes": binary})

    async def say(self, **frame: Any) -> None:
        await self.send(text=json.dumps(frame))

    async def hear(self) -> Frame:
        output = await self._socket.receive_output(3)
        assert output["type"] == "websocket.send", output
        frame: Frame = json.loads(output["text"])
        return frame

    async def hear_until(self, wanted: Callable[[Frame], bool]) -> Frame:
        while True:
            frame = await self.hear()
            if wanted(frame):
                return frame

    async def closed_with(self) -> int:
        output = await self._socket.receive_output(3)
        assert output["type"] == "websocket.close", output
        return int(output["code"])

    async def silent(self, seconds: float = 0.3) -> bool:
        return bool(await self._socket.receive_nothing(timeout=seconds, interval=0.02))

    async def events(self, stream: str, upto: int, *, ack: bool = True) -> list[Frame]:
        """The events of ``stream`` until number ``upto``."""
        found: list[Frame] = []
        while not found or found[-1]["seq"] < upto:
            frame = await self.hear()
            if frame["type"] != "events":
                continue
            assert frame["stream"] == stream
            found += frame["events"]
            if ack:
                await self.say(type="ack", stream=stream, seq=found[-1]["seq"])
        return found


Connect = Callable[..., Any]


@pytest.fixture
def connect(redis: str) -> Connect:
    """``async with connect(user) as client``: by a ticket, as a program does."""

    @asynccontextmanager
    async def connected(user: User) -> AsyncIterator[LiveClient]:
        ticket, _ends = await sync_to_async(ticket_issue)(user, None)
        client = LiveClient(f"/ws/v1/live?ticket={ticket}", [HOST])
        assert await client.connect()
        try:
            yield client
        finally:
            await client.disconnect()

    return connected


@pytest.fixture
def session_headers() -> Callable[[User], list[tuple[bytes, bytes]]]:
    def of(user: User) -> list[tuple[bytes, bytes]]:
        client = Client()
        client.force_login(user)
        key = client.cookies[django_settings.SESSION_COOKIE_NAME].value
        return [HOST, ORIGIN, (b"cookie", f"{django_settings.SESSION_COOKIE_NAME}={key}".encode())]

    return of


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.jobs.dispatch.current_app.send_task", lambda *_, **__: None)


@pytest.fixture
def running(clinician: User) -> tuple[Job, Lease]:
    job = job_create(user=clinician, pipeline="draft_report", version="1.0.0", inputs={}, params={})
    lease = job_start(job.pk, worker="w")
    assert lease is not None
    job.refresh_from_db()
    return job, lease


def in_thread(function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    return sync_to_async(function, thread_sensitive=True)
