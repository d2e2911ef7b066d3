"""Counts, looks for a stop at each count, and keeps what it counted when stopped."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ml.contracts.errors import Cancelled
from ml.contracts.events import Event
from ml.runtime.context import RunContext


def run(context: RunContext) -> Iterator[Event]:
    steps = context.steps({"count": "Count"})
    yield steps.start("count")
    counted: list[str] = []
    path = context.out_dir / "counted.txt"

    def keep(*, incomplete: bool) -> Event:
        path.write_text("\n".join(counted))
        return context.artifact(
            "counted",
            kind="table",
            path=path,
            media_type="text/plain",
            title="Counted",
            incomplete=incomplete,
        )

    ticks = context.params["ticks"]
    try:
        for tick in range(ticks):
            context.cancel.check()
            time.sleep(context.params["pause"])
            counted.append(str(tick))
            yield steps.progress((tick + 1) / ticks)
    except Cancelled:
        time.sleep(context.params["farewell"])
        yield keep(incomplete=True)
        raise
    yield steps.finish()
    context.values["counted"] = len(counted)
    yield keep(incomplete=False)
