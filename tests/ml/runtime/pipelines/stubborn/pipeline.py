"""Never looks whether it should stop."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ml.contracts.events import Event
from ml.runtime.context import RunContext


def run(context: RunContext) -> Iterator[Event]:
    steps = context.steps({"sleep": "Sleep"})
    yield steps.start("sleep")
    time.sleep(60)
    yield steps.finish()
