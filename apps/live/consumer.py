"""The websocket ``/ws/v1/live``: hears doorbells, reads rows, sends frames."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from typing import Any, Final, cast

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from redis import RedisError

from apps.accounts.models import User
from apps.core.doorbell import group_of
from apps.jobs.selectors import job_id_of, stream_heads, stream_page
from apps.live import protocol
from apps.live.access import STUDIES, Scope, connection_user, may_watch
from apps.live.protocol import (
    Ack,
    ClientFrame,
    FrameRefused,
    Hello,
    Ping,
    Subscribe,
    Unsubscribe,
    encode,
    error_frame,
    parse_frame,
)
from apps.live.watch import JobWatch
from apps.studies.selectors import studies_head

logger = logging.getLogger(__name__)

MAX_REFUSED_FRAMES: Final = 50
# A busy intake rings for every instance; a list needs no more than a few hints a second.
STUDIES_HINT_EVERY_S: Final = 0.5

_REFUSALS: Final = {
    "permission_denied": "You may not watch this.",
    "not_found": "There is no such stream.",
    "too_many_streams": f"One connection watches at most {protocol.MAX_STREAMS} streams.",
}


class LiveConsumer(AsyncWebsocketConsumer):
    heartbeat_s: float = protocol.HEARTBEAT_S

    async def connect(self) -> None:
        self.watches: dict[str, tuple[JobWatch, asyncio.Task[None]]] = {}
        self.studies_head: int | None = None
        self.studies_hinted = 0.0
        self.studies_hint: asyncio.TimerHandle | None = None
        self.refused = 0
        self.heart: asyncio.Task[None] | None = None
        user = await database_sync_to_async(connection_user)(cast("Scope", self.scope))
        if user is None:
            await self.close(code=4401)
            return
        self.user: User = user
        await self.accept()
        self.heart = asyncio.create_task(self._beat())

    async def disconnect(self, code: int) -> None:
        if self.heart is not None:
            self.heart.cancel()
        for stream in list(self.watches):
            await self._leave(stream)
        if self.studies_head is not None:
            await self._leave_studies()

    # What the client says

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            frame = parse_frame(text_data)
        except FrameRefused as refused:
            await self._tell(error_frame(refused.code, refused.message, refused.stream))
            self.refused += 1
            if refused.code == "frame_too_large" or self.refused >= MAX_REFUSED_FRAMES:
                await self.close(code=1009 if refused.code == "frame_too_large" else 1008)
            return
        await self._answer(frame)

    async def _answer(self, frame: ClientFrame) -> None:
        match frame:
            case Hello():
                welcome = {"type": "welcome", "v": protocol.VERSION}
                await self._tell({**welcome, "heartbeat_s": self.heartbeat_s})
                for wanted in frame.resume:
                    await self._subscribe(wanted)
            case Subscribe():
                await self._subscribe(frame)
            case Unsubscribe(stream=stream):
                await (self._leave_studies() if stream == STUDIES else self._leave(stream))
            case Ack(stream=stream, seq=seq):
                if stream in self.watches:
                    self.watches[stream][0].ack(seq)
            case Ping():
                await self._tell({"type": "pong"})

    async def _subscribe(self, wanted: Subscribe) -> None:
        """Authorise, join, read, open: a doorbell between joining and reading is not missed."""
        stream = wanted.stream
        refusal = await database_sync_to_async(may_watch)(self.user, stream)
        known = stream in self.watches or stream == STUDIES
        if refusal is None and not known and len(self.watches) >= protocol.MAX_STREAMS:
            refusal = "too_many_streams"
        if refusal is not None:
            await self._refuse(stream, refusal)
            return
        if stream in self.watches:
            await self._leave(stream)
        await self.channel_layer.group_add(group_of(stream), self.channel_name)
        if stream == STUDIES:
            self.studies_head = await database_sync_to_async(studies_head)()
            await self._tell(
                {"type": "stream.opened", "stream": stream, "epoch": "", "head": self.studies_head}
            )
            return
        await self._open(wanted)

    async def _open(self, wanted: Subscribe) -> None:
        stream, job_id = wanted.stream, job_id_of(wanted.stream)
        page = job_id and await database_sync_to_async(stream_page)(
            job_id, after=wanted.after, epoch=wanted.epoch, limit=1
        )
        if not job_id or not page:
            await self._part(stream)
            await self._refuse(stream, "not_found")
            return
        await self._tell(
            {"type": "stream.opened", "stream": stream, "epoch": page.epoch, "head": page.head}
        )
        watch = JobWatch(job_id=job_id, after=wanted.after, epoch=page.epoch, send=self._send_text)
        if page.snapshot is not None:
            await watch.reset(page)
        watch.finished = page.finished
        watch.grown(page.head)
        self.watches[stream] = (watch, asyncio.create_task(self._run(watch)))

    async def _run(self, watch: JobWatch) -> None:
        try:
            await watch.run()
        except OSError:
            # The client has gone; ``disconnect`` comes next.
            return
        except Exception:
            logger.exception("Watching a stream failed.")
            await self._break_off()
            return
        self.watches.pop(watch.stream, None)
        await self._part(watch.stream)

    async def _break_off(self) -> None:
        """The client connects again and resumes where it was."""
        with suppress(OSError):
            await self.close(code=1011)

    async def _part(self, stream: str) -> None:
        """Leave the group. Without the broker there is none to leave."""
        with suppress(RedisError):
            await self.channel_layer.group_discard(group_of(stream), self.channel_name)

    async def _leave(self, stream: str) -> None:
        left = self.watches.pop(stream, None)
        if left is None:
            return
        left[1].cancel()
        await self._part(stream)

    # What the doorbell and the clock say

    async def doorbell(self, message: dict[str, Any]) -> None:
        stream, head = message["stream"], int(message["head"])
        if stream == STUDIES:
            self._studies_grown(head)
        elif stream in self.watches:
            self.watches[stream][0].grown(head)

    def _studies_grown(self, head: int) -> None:
        if self.studies_head is None:
            return
        self.studies_head = max(self.studies_head, head)
        if self.studies_hint is None:
            wait = max(0.0, self.studies_hinted + STUDIES_HINT_EVERY_S - time.monotonic())
            loop = asyncio.get_running_loop()
            self.studies_hint = loop.call_later(
                wait, lambda: loop.create_task(self._hint_studies())
            )

    async def _hint_studies(self) -> None:
        self.studies_hint, self.studies_hinted = None, time.monotonic()
        if self.studies_head is not None:
            await self._tell(
                {"type": "studies.changed", "stream": STUDIES, "head": self.studies_head}
            )

    async def _leave_studies(self) -> None:
        self.studies_head = None
        if self.studies_hint is not None:
            self.studies_hint.cancel()
            self.studies_hint = None
        await self._part(STUDIES)

    async def _beat(self) -> None:
        """Ask again who it is and what it may see, and find what no doorbell told of."""
        try:
            while True:
                await asyncio.sleep(self.heartbeat_s)
                user = await database_sync_to_async(connection_user)(cast("Scope", self.scope))
                if user is None:
                    await self._refuse(None, "permission_denied")
                    await self.close(code=4401)
                    return
                self.user = user
                await self._recheck()
                await self._tell({"type": "heartbeat", "heads": await self._heads()})
        except OSError:
            return
        except Exception:
            logger.exception("The heartbeat of a connection failed.")
            await self._break_off()

    async def _recheck(self) -> None:
        streams = [*self.watches, *([STUDIES] if self.studies_head is not None else [])]
        for stream in streams:
            refusal = await database_sync_to_async(may_watch)(self.user, stream)
            if refusal is not None:
                await (self._leave_studies() if stream == STUDIES else self._leave(stream))
                await self._refuse(stream, refusal)

    async def _heads(self) -> dict[str, int]:
        ids = [watch.job_id for watch, _task in self.watches.values()]
        heads: dict[str, int] = {}
        for stream, position in (await database_sync_to_async(stream_heads)(ids)).items():
            heads[stream] = position.head
            if stream in self.watches:
                self.watches[stream][0].moved(position)
        if self.studies_head is not None:
            head = await database_sync_to_async(studies_head)()
            if head > self.studies_head:
                self._studies_grown(head)
            heads[STUDIES] = head
        return heads

    # What the client is told

    async def _refuse(self, stream: str | None, code: str) -> None:
        await self._tell(error_frame(code, _REFUSALS[code], stream))

    async def _tell(self, frame: dict[str, Any]) -> None:
        await self._send_text(encode(frame))

    async def _send_text(self, text: str) -> None:
        await self.send(text_data=text)
