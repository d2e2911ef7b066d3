"""The frames of ``/ws/v1/live``: what a client may say, checked, and what it is told.

Pure: text in, values out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

VERSION: Final = 1
HEARTBEAT_S: Final = 15
# Events a client may leave unacknowledged per stream before it gets no more.
WINDOW: Final = 256
MAX_FRAME_BYTES: Final = 32 * 1024
MAX_STREAMS: Final = 100
MAX_STREAM_NAME: Final = 100


class FrameRefused(Exception):
    """A frame that cannot be understood. Says why, and for which stream if that is known."""

    def __init__(self, code: str, message: str, stream: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.stream = stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe:
    stream: str
    after: int = 0
    epoch: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    resume: tuple[Subscribe, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribe:
    stream: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    stream: str
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    pass


ClientFrame = Hello | Subscribe | Unsubscribe | Ack | Ping


def _stream(frame: Mapping[str, Any]) -> str:
    stream = frame.get("stream")
    if not isinstance(stream, str) or not 0 < len(stream) <= MAX_STREAM_NAME:
        raise FrameRefused("invalid_frame", "A frame of this type names a stream.")
    return stream


def _number(frame: Mapping[str, Any], name: str, stream: str, default: int | None) -> int:
    number = frame.get(name, default)
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 2**53:
        raise FrameRefused("invalid_frame", f"'{name}' must be a whole number from 0.", stream)
    return number


def _subscribe(frame: Mapping[str, Any]) -> Subscribe:
    stream = _stream(frame)
    epoch = frame.get("epoch")
    if epoch is not None and not isinstance(epoch, str):
        raise FrameRefused("invalid_frame", "'epoch' must be text.", stream)
    return Subscribe(stream=stream, after=_number(frame, "after", stream, 0), epoch=epoch)


def _hello(frame: Mapping[str, Any]) -> Hello:
    resume = frame.get("resume", [])
    if not isinstance(resume, list) or len(resume) > MAX_STREAMS:
        raise FrameRefused("invalid_frame", f"'resume' lists at most {MAX_STREAMS} streams.")
    if not all(isinstance(one, dict) for one in resume):
        raise FrameRefused("invalid_frame", "Each entry of 'resume' is an object.")
    return Hello(resume=tuple(_subscribe(one) for one in resume))


def _ack(frame: Mapping[str, Any]) -> Ack:
    stream = _stream(frame)
    return Ack(stream=stream, seq=_number(frame, "seq", stream, None))


_PARSERS: Final[Mapping[str, Callable[[Mapping[str, Any]], ClientFrame]]] = {
    "hello": _hello,
    "subscribe": _subscribe,
    "unsubscribe": lambda frame: Unsubscribe(stream=_stream(frame)),
    "ack": _ack,
    "ping": lambda _frame: Ping(),
}


def parse_frame(text: str | None) -> ClientFrame:
    """What the client says; nothing stands for a binary frame. Raises ``FrameRefused``."""
    if text is None:
        raise FrameRefused("invalid_frame", "A frame is text.")
    if len(text.encode()) > MAX_FRAME_BYTES:
        raise FrameRefused("frame_too_large", "This frame is too large.")
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FrameRefused("invalid_frame", "A frame is one JSON object.") from error
    if not isinstance(frame, dict):
        raise FrameRefused("invalid_frame", "A frame is one JSON object.")
    parser = _PARSERS.get(str(frame.get("type")))
    if parser is None:
        raise FrameRefused("unknown_frame", "This type of frame is not known.")
    return parser(frame)


def encode(frame: Mapping[str, Any]) -> str:
    return json.dumps(frame, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def error_frame(code: str, message: str, stream: str | None = None) -> dict[str, Any]:
    frame = {"type": "error", "code": code, "message": message}
    return frame if stream is None else {**frame, "stream": stream}
