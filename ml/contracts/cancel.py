"""Asking a run to stop."""

from __future__ import annotations

import threading

from ml.contracts.errors import Cancelled


class CancelToken:
    """A flag that one thread sets and a running pipeline looks at between small steps."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        self._event.set()

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait at most ``seconds``; return whether cancellation was asked for."""
        return self._event.wait(seconds)

    def check(self) -> None:
        """Raise ``Cancelled`` when cancellation was asked for."""
        if self._event.is_set():
            raise Cancelled("Stopped on request.")
