"""One reading of the database for all watchers of a stream in this process.

Watchers that are up to date ask for the same page at the same moment: it is read once, and
encoded once.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from uuid import UUID

from channels.db import database_sync_to_async

from apps.jobs.selectors import StreamPage, stream_page
from apps.live.protocol import encode

KEPT: Final = 64

_Key = tuple[UUID, int, str]


@dataclass(frozen=True)
class SharedPage:
    stream: str
    page: StreamPage

    @cached_property
    def text(self) -> str:
        return encode({"type": "events", "stream": self.stream, "events": self.page.events})


class SharedPages:
    """The pages read last. Belongs to one event loop."""

    def __init__(self) -> None:
        self._reads: OrderedDict[_Key, asyncio.Task[SharedPage | None]] = OrderedDict()

    async def after(self, job_id: UUID, *, cursor: int, epoch: str, head: int) -> SharedPage | None:
        """What follows ``cursor``. A kept page serves when it knew of ``head`` already."""
        key = (job_id, cursor, epoch)
        read = self._reads.get(key)
        if read is None or not _serves(read, head):
            read = asyncio.create_task(self._read(job_id, cursor, epoch))
            self._reads[key] = read
            self._reads.move_to_end(key)
            while len(self._reads) > KEPT:
                self._reads.popitem(last=False)
        # One watcher that leaves must not end the reading of the others.
        return await asyncio.shield(read)

    async def _read(self, job_id: UUID, cursor: int, epoch: str) -> SharedPage | None:
        page = await database_sync_to_async(stream_page)(job_id, after=cursor, epoch=epoch)
        return None if page is None else SharedPage(stream=f"job:{job_id}", page=page)


def _serves(read: asyncio.Task[SharedPage | None], head: int) -> bool:
    if not read.done():
        return True
    if read.cancelled() or read.exception() is not None:
        return False
    shared = read.result()
    return shared is not None and shared.page.snapshot is None and shared.page.head >= head


_by_loop: dict[asyncio.AbstractEventLoop, SharedPages] = {}


def shared_pages() -> SharedPages:
    """The pages of the running loop."""
    loop = asyncio.get_running_loop()
    if loop not in _by_loop:
        for old in [one for one in _by_loop if one.is_closed()]:
            del _by_loop[old]
        _by_loop[loop] = SharedPages()
    return _by_loop[loop]
