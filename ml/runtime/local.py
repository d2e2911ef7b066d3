"""The engine in this process: for the command line, tests and notebooks."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from ml.contracts.cancel import CancelToken
from ml.contracts.errors import Cancelled, TimeLimit
from ml.contracts.events import Event
from ml.contracts.request import RunRequest
from ml.runtime import places
from ml.runtime.context import Resources
from ml.runtime.devices import open_device
from ml.runtime.execute import execute
from ml.runtime.registry import load_pipeline, manifest_of
from ml.runtime.text.service import TextService


def open_resources(device: str, data_dir: Path | None) -> Resources:
    """Settle on a device; models load when they are first used."""
    opened = open_device(device)
    folder = places.data_dir(data_dir)
    return Resources(device=opened, data_dir=folder, text=TextService(opened, folder))


class LocalEngine:
    """Runs requests in the calling thread. A run stops only where its pipeline looks."""

    def __init__(self, device: str = "auto", data_dir: Path | None = None) -> None:
        self._resources = open_resources(device, data_dir)

    def run(self, request: RunRequest, cancel: CancelToken) -> Iterator[Event]:
        limit = manifest_of(request.pipeline).time_limit_s
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            cancel.cancel()

        timer = threading.Timer(limit, expire)
        timer.daemon = True
        timer.start()
        try:
            yield from execute(request, cancel, self._resources)
        except Cancelled:
            if expired.is_set():
                raise TimeLimit(f"The run took longer than {limit:.0f} s.") from None
            raise
        finally:
            timer.cancel()

    def warm(self, names: Sequence[str]) -> None:
        for name in names:
            warm = getattr(load_pipeline(manifest_of(name)), "warm", None)
            if warm is not None:
                warm(self._resources)

    def close(self) -> None:
        self._resources.text.close()

    @property
    def alive(self) -> bool:
        return True
