"""Tell whoever watches a stream that it has grown: ``(stream, head)``, and nothing else.

Truth is in the database. A doorbell that is lost costs a watcher only time until the next one or
until its heartbeat, so ringing never raises and never waits. One thread per process holds the
connection to the channel layer, which is about twice as fast as a new event loop per message.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from functools import partial

from channels.layers import get_channel_layer
from django.db import transaction

logger = logging.getLogger(__name__)

MESSAGE_TYPE = "doorbell"


def group_of(stream: str) -> str:
    """The channel layer's name for ``stream`` (it allows no colon)."""
    return f"stream.{stream.replace(':', '.')}"


class _Ringer:
    """A thread with an event loop that sends the newest head of each stream."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heads: dict[str, int] = {}
        self._loop = asyncio.new_event_loop()
        self._wake = asyncio.Event()
        self._thread = threading.Thread(target=self._main, name="doorbell", daemon=True)
        self._thread.start()

    def ring(self, stream: str, head: int) -> None:
        with self._lock:
            self._heads[stream] = max(head, self._heads.get(stream, 0))
        self._loop.call_soon_threadsafe(self._wake.set)

    def _main(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._send_forever())

    async def _send_forever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            with self._lock:
                heads, self._heads = self._heads, {}
            layer = get_channel_layer()
            if layer is None:
                continue
            for stream, head in heads.items():
                message = {"type": MESSAGE_TYPE, "stream": stream, "head": head}
                try:
                    await layer.group_send(group_of(stream), message)
                except Exception:
                    # The broker is away: watchers find the rows by their heartbeat.
                    logger.warning("A doorbell could not be rung.", exc_info=True)


_ringer: _Ringer | None = None
_starting = threading.Lock()


def _forget() -> None:
    """A forked child has the parent's memory but not its thread."""
    global _ringer, _starting
    _ringer, _starting = None, threading.Lock()


os.register_at_fork(after_in_child=_forget)


def ring(stream: str, head: int) -> None:
    """Ring at once. Safe from any thread and after a fork; rings of one stream are joined."""
    global _ringer  # noqa: PLW0603 - one ringer per process
    with _starting:
        if _ringer is None:
            _ringer = _Ringer()
        ringer = _ringer
    ringer.ring(stream, head)


def ring_on_commit(stream: str, head: int) -> None:
    """Ring when the surrounding transaction is committed, and not when it is rolled back."""
    transaction.on_commit(partial(ring, stream, head), robust=True)
