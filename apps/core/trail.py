"""Where an app that stands below the audit trail leaves its entries.

The audit app puts its recorder here when Django starts; apps above it call the recorder itself.
"""

from __future__ import annotations

from typing import Any, Protocol


class Recorder(Protocol):
    def __call__(
        self, *, actor: Any, action: str, object_type: str = "", object_id: object = ""
    ) -> object: ...


_recorders: list[Recorder] = []


def recorder_set(recorder: Recorder) -> None:
    _recorders[:] = [recorder]


def leave(*, actor: Any, action: str, object_type: str = "", object_id: object = "") -> None:
    for recorder in _recorders:
        recorder(actor=actor, action=action, object_type=object_type, object_id=object_id)
