"""Breaks with a text that quotes its input; with an even number of ticks, for want of memory."""

from __future__ import annotations

from collections.abc import Iterator

from ml.contracts.events import Event
from ml.runtime.context import RunContext


def run(context: RunContext) -> Iterator[Event]:
    yield context.steps({"break": "Break"}).start("break")
    if context.params["ticks"] % 2 == 0:
        raise MemoryError
    raise KeyError("Doe^Jane")
