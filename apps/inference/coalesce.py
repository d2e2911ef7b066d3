"""Join what an engine tells into few rows: text by message, progress latest-wins.

Pure: it is told the time. One instance serves one run.
"""

from __future__ import annotations

from typing import Any, Final

EventRow = tuple[str, dict[str, Any]]

FLUSH_EVERY_S: Final = 0.1
PROGRESS_EVERY_S: Final = 0.2


class Coalescer:
    def __init__(self) -> None:
        self._rows: list[EventRow] = []
        self._taken_at = float("-inf")
        self._progress_at: dict[str, float] = {}
        self._step: tuple[int, int] = (0, 1)
        self.progress: float | None = None

    def add(self, kind: str, data: dict[str, Any]) -> None:
        self._follow(kind, data)
        if kind == "message.delta":
            self._add_text(data)
            return
        if kind in {"step.started", "step.progress", "step.finished"}:
            # What comes now makes what was waiting stale.
            self._drop("step.progress", "step", data["step"])
        elif kind == "message.finished":
            # It brings the whole text.
            self._drop("message.delta", "message", data["message"])
        self._rows.append((kind, data))

    def _add_text(self, data: dict[str, Any]) -> None:
        for place in range(len(self._rows) - 1, -1, -1):
            kind, known = self._rows[place]
            if known.get("message") == data["message"]:
                if kind == "message.delta":
                    self._rows[place] = (kind, {**known, "text": known["text"] + data["text"]})
                    return
                break
        self._rows.append(("message.delta", data))

    def _drop(self, kind: str, name: str, value: str) -> None:
        self._rows = [row for row in self._rows if row[0] != kind or row[1][name] != value]

    def _follow(self, kind: str, data: dict[str, Any]) -> None:
        """The part of the whole run that is done, as far as the steps say."""
        if kind == "step.started":
            self._step = (data["index"], max(1, data["total"]))
            fraction = 0.0
        elif kind == "step.progress" and data.get("fraction") is not None:
            fraction = float(data["fraction"])
        elif kind == "step.finished":
            fraction = 1.0
        else:
            return
        index, total = self._step
        self.progress = min(1.0, max(0.0, (index + fraction) / total))

    def wait_s(self, now: float) -> float | None:
        """Seconds until ``take`` gives something; nothing while there is nothing to give."""
        if not self._rows:
            return None
        due = min(self._due(row) for row in self._rows)
        return max(0.0, due - now)

    def _due(self, row: EventRow) -> float:
        due = self._taken_at + FLUSH_EVERY_S
        if row[0] == "step.progress":
            last = self._progress_at.get(row[1]["step"], float("-inf"))
            due = max(due, last + PROGRESS_EVERY_S)
        return due

    def take(self, now: float, *, all_of_it: bool = False) -> list[EventRow]:
        """The rows that are due, in order."""
        due = [row for row in self._rows if all_of_it or self._due(row) <= now]
        if not due:
            return []
        self._rows = [row for row in self._rows if not (all_of_it or self._due(row) <= now)]
        self._taken_at = now
        for kind, data in due:
            if kind == "step.progress":
                self._progress_at[data["step"]] = now
        return due

    def give_back(self, rows: list[EventRow]) -> None:
        """Rows that could not be stored; they come first again."""
        self._rows = [*rows, *self._rows]
