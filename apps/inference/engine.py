"""The one engine of this process: opened at the first need, warm from then on."""

from __future__ import annotations

import atexit
import threading
from pathlib import Path

from django.conf import settings

import ml.api
from ml.contracts.engine import Engine

_lock = threading.Lock()
_engine: Engine | None = None


def engine() -> Engine:
    global _engine  # noqa: PLW0603 - models are held once per process
    with _lock:
        if _engine is None:
            _engine = ml.api.open_engine(
                "process", device=settings.DEVICE, data_dir=Path(settings.DATA_DIR)
            )
        return _engine


def engine_close() -> None:
    global _engine  # noqa: PLW0603 - see above
    with _lock:
        if _engine is not None:
            _engine.close()
            _engine = None


atexit.register(engine_close)
