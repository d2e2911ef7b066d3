"""What engine and parent say to each other: JSON, one message a line, never pickle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ml.contracts import errors
from ml.contracts.errors import MlError
from ml.contracts.events import Event
from ml.contracts.request import ImageInput, RunRequest

Message = dict[str, Any]


def _plain(value: Any) -> Any:
    """numpy's numbers and arrays, and paths, as JSON has them."""
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be said in JSON")


def encode(message: Message) -> bytes:
    """One message as one line."""
    return json.dumps(message, default=_plain, ensure_ascii=False).encode() + b"\n"


def decode(line: bytes) -> Message:
    message: Message = json.loads(line)
    return message


def request_to_message(request: RunRequest) -> Message:
    return {
        "pipeline": request.pipeline,
        "run_id": request.run_id,
        "inputs": {
            name: {"path": str(image.path), "kind": image.kind}
            for name, image in request.inputs.items()
        },
        "out_dir": str(request.out_dir),
        "params": request.params,
        "seed": request.seed,
        "override_reason": request.override_reason,
    }


def request_from_message(message: Message) -> RunRequest:
    inputs = {
        name: ImageInput(path=Path(image["path"]), kind=image["kind"])
        for name, image in message["inputs"].items()
    }
    return RunRequest(**{**message, "inputs": inputs, "out_dir": Path(message["out_dir"])})


def event_to_message(event: Event) -> Message:
    return {"type": event.type, "data": event.data}


def event_from_message(message: Message) -> Event:
    return Event(type=message["type"], data=message["data"])


# The contract's own kinds: a part may refine one for itself, with the same code.
_KINDS: dict[str, type[MlError]] = {
    kind.code: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, MlError)
}


def error_to_message(error: MlError) -> Message:
    return {"code": error.code, "user_message": error.user_message}


def error_from_message(message: Message) -> MlError:
    """The error of that code; an unknown code makes a plain ``MlError``."""
    return _KINDS.get(message["code"], MlError)(message["user_message"])
