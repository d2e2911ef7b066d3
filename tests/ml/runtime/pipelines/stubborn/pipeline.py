"""Never looks whether it should stop, and has a process of its own beside it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from ml.contracts.events import Event
from ml.runtime.context import RunContext


def run(context: RunContext) -> Iterator[Event]:
    steps = context.steps({"sleep": "Sleep"})
    if os.fork() == 0:
        time.sleep(60)  # with all pipes open, as what a library forks has them
        os._exit(0)
    yield steps.start("sleep")
    time.sleep(60)
    yield steps.finish()
