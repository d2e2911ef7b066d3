"""One client's watching of one job: rows are pulled by cursor, never pushed.

A client that does not acknowledge is given no more than the window, whatever the job does; what
it missed waits in the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from apps.jobs.selectors import StreamPage, StreamPosition
from apps.live.pages import shared_pages
from apps.live.protocol import WINDOW, encode

Send = Callable[[str], Awaitable[None]]


class JobWatch:
    def __init__(self, *, job_id: UUID, after: int, epoch: str, send: Send) -> None:
        self.job_id = job_id
        self.stream = f"job:{job_id}"
        self.epoch = epoch
        self.cursor = self.acked = after
        self.head = after
        self.finished = False
        self._send = send
        self._wake = asyncio.Event()

    def grown(self, head: int) -> None:
        """The stream reaches to ``head`` by now."""
        if head > self.head:
            self.head = head
            self._wake.set()

    def ack(self, seq: int) -> None:
        """The client has everything up to ``seq``; it cannot have more than was sent."""
        self.acked = max(self.acked, min(seq, self.cursor))
        self._wake.set()

    def moved(self, position: StreamPosition) -> None:
        """What the heartbeat found, where a doorbell may have been lost.

        Rows taken out do not concern a client that has read to the end.
        """
        if position.epoch != self.epoch and self.cursor == position.head:
            self.epoch = position.epoch
        if position.finished and self.cursor == position.head:
            self.finished = True
            self._wake.set()
        self.grown(position.head)

    @property
    def over(self) -> bool:
        """The job has ended, and the client has said that it knows."""
        return self.finished and self.acked >= self.head

    async def run(self) -> None:
        """Send until the stream is over or the job is gone."""
        while await self._drain():
            if self.over:
                return
            await self._wake.wait()
            self._wake.clear()

    async def _drain(self) -> bool:
        """Send what there is and the window allows; False when the job no longer exists."""
        while self.cursor < self.head and (room := WINDOW - (self.cursor - self.acked)) > 0:
            shared = await shared_pages().after(
                self.job_id, cursor=self.cursor, epoch=self.epoch, head=self.head
            )
            if shared is None:
                return False
            page = shared.page
            if page.snapshot is not None:
                await self.reset(page)
                continue
            self.head = max(self.head, page.head)
            self.finished = page.finished
            events = page.events[:room]
            if not events:
                break
            whole = len(events) == len(page.events)
            text = (
                shared.text
                if whole
                else encode({"type": "events", "stream": self.stream, "events": events})
            )
            # First the cursor: an acknowledgement may arrive before the sending returns.
            self.cursor = events[-1]["seq"]
            await self._send(text)
        return True

    async def reset(self, page: StreamPage) -> None:
        """Give the folded state instead of rows that cannot be had gaplessly."""
        if page.snapshot is None:
            return
        self.epoch, self.finished = page.epoch, page.finished
        self.cursor = self.acked = self.head = page.snapshot["seq"]
        frame = {
            "type": "stream.reset",
            "stream": self.stream,
            "epoch": page.epoch,
            "seq": page.snapshot["seq"],
            "snapshot": page.snapshot,
        }
        await self._send(encode(frame))
