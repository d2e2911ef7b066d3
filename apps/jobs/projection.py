"""What a watcher of a job sees: the events of its stream, folded into one state.

Pure, and the same as ``frontend/src/live/project.ts``: both are tested by the JSON fixtures in
``tests/contract/events``. Folding a prefix and then the rest gives the same as folding all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypedDict

Json = dict[str, Any]


class Projection(TypedDict):
    stream: str
    seq: int
    state: str
    attempt: int
    position: int | None
    steps: list[Json]
    messages: list[Json]
    findings: list[Json]
    artifacts: list[Json]
    logs: list[Json]
    error: Json | None
    incomplete: bool


class SequenceGap(Exception):
    """An event came before the one it follows."""


def empty(stream: str) -> Projection:
    return Projection(
        stream=stream,
        seq=0,
        state="queued",
        attempt=0,
        position=None,
        steps=[],
        messages=[],
        findings=[],
        artifacts=[],
        logs=[],
        error=None,
        incomplete=False,
    )


def _put(rows: list[Json], key: str, row: Json) -> list[Json]:
    """``rows`` with ``row`` in the place of the one of the same key, or at the end."""
    if any(old[key] == row[key] for old in rows):
        return [row if old[key] == row[key] else old for old in rows]
    return [*rows, row]


def _change(rows: list[Json], key: str, name: str, changes: Json) -> list[Json]:
    return [{**row, **changes} if row[key] == name else row for row in rows]


def _queued(_state: Projection, data: Json) -> Json:
    return {"state": "queued", "attempt": data["attempt"], "position": data.get("position")}


def _started(_state: Projection, data: Json) -> Json:
    """A new attempt tells its story from the beginning; stored artefacts are replaced by key."""
    return {
        "state": "running",
        "attempt": data["attempt"],
        "position": None,
        "steps": [],
        "messages": [],
        "findings": [],
        "error": None,
        "incomplete": False,
    }


def _interrupted(_state: Projection, _data: Json) -> Json:
    return {"state": "interrupted", "position": None}


def _finished(_state: Projection, data: Json) -> Json:
    code = data.get("code")
    error = {"code": code, "user_message": data.get("user_message") or ""} if code else None
    return {
        "state": data["outcome"],
        "position": None,
        "error": error,
        "incomplete": bool(data.get("incomplete")),
    }


def _step_started(state: Projection, data: Json) -> Json:
    step = {
        "step": data["step"],
        "title": data["title"],
        "index": data["index"],
        "total": data["total"],
        "state": "running",
        "fraction": None,
        "note": None,
        "seconds": None,
    }
    return {"steps": _put(state["steps"], "step", step)}


def _step_progress(state: Projection, data: Json) -> Json:
    changes = {"fraction": data.get("fraction"), "note": data.get("note")}
    return {"steps": _change(state["steps"], "step", data["step"], changes)}


def _step_finished(state: Projection, data: Json) -> Json:
    changes = {"state": "done", "fraction": 1, "note": None, "seconds": data.get("seconds")}
    return {"steps": _change(state["steps"], "step", data["step"], changes)}


def _message_started(state: Projection, data: Json) -> Json:
    message = {
        "message": data["message"],
        "kind": data["kind"],
        "section": data["section"],
        "text": "",
        "state": "streaming",
        "evidence": data.get("evidence", []),
        "linked": None,
        "reason": None,
    }
    return {"messages": _put(state["messages"], "message", message)}


def _message_delta(state: Projection, data: Json) -> Json:
    return {
        "messages": [
            {**message, "text": message["text"] + data["text"]}
            if message["message"] == data["message"] and message["state"] == "streaming"
            else message
            for message in state["messages"]
        ]
    }


def _message_finished(state: Projection, data: Json) -> Json:
    known = [old for old in state["messages"] if old["message"] == data["message"]]
    message = {
        "message": data["message"],
        "kind": known[0]["kind"] if known else "sentence",
        "section": data["section"],
        "text": data["text"],
        "state": "done",
        "evidence": data.get("evidence", []),
        "linked": data.get("linked"),
        "reason": data.get("reason"),
    }
    return {"messages": _put(state["messages"], "message", message)}


def _finding_added(state: Projection, data: Json) -> Json:
    return {"findings": _put(state["findings"], "id", data["finding"])}


def _artifact_stored(state: Projection, data: Json) -> Json:
    return {"artifacts": _put(state["artifacts"], "key", data)}


def _log(state: Projection, data: Json) -> Json:
    return {"logs": [*state["logs"], {key: data[key] for key in ("level", "code", "text")}]}


# Types that are not here (preview.updated, and those of a later version) only move the cursor.
_FOLDS: Final[Mapping[str, Callable[[Projection, Json], Json]]] = {
    "job.queued": _queued,
    "job.started": _started,
    "job.interrupted": _interrupted,
    "job.finished": _finished,
    "step.started": _step_started,
    "step.progress": _step_progress,
    "step.finished": _step_finished,
    "message.started": _message_started,
    "message.delta": _message_delta,
    "message.finished": _message_finished,
    "finding.added": _finding_added,
    "artifact.stored": _artifact_stored,
    "log": _log,
}


def apply(state: Projection, event: Mapping[str, Any]) -> Projection:
    """``state`` after ``event``; a repeated event changes nothing.

    Raises ``SequenceGap`` when an event between the two is missing.
    """
    if event["seq"] <= state["seq"]:
        return state
    if event["seq"] != state["seq"] + 1:
        raise SequenceGap(f"Event {event['seq']} cannot follow event {state['seq']}.")
    fold = _FOLDS.get(event["type"])
    changes = fold(state, event["data"]) if fold else {}
    return Projection(**{**state, "seq": event["seq"], **changes})  # type: ignore[typeddict-item]


def project(events: Iterable[Mapping[str, Any]], stream: str) -> Projection:
    """The state after all of ``events``, oldest first."""
    state = empty(stream)
    for event in events:
        state = apply(state, event)
    return state
