"""A text as it is being written."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ml.contracts.errors import MlError
from ml.runtime.text.request import End, TextRequest

if TYPE_CHECKING:
    from ml.models.smollm2.modeling import Tokenizer

LOOK_SECONDS = 0.1
UNFINISHED = "\ufffd"  # what a character of several bytes looks like before its last one


class TextStream:
    """Iterate for the pieces; ``close`` takes the request out of the batch.

    Iterating raises ``Cancelled`` when the request's token is set, and ``OutOfMemory`` or
    ``PipelineFailed`` when the batch could not write it.
    """

    def __init__(self, request: TextRequest, tokenizer: Tokenizer, stop: tuple[str, ...]) -> None:
        self._request = request
        self._tokenizer = tokenizer
        self._pieces = _until_stop(self._decoded(), stop)

    @property
    def token_ids(self) -> tuple[int, ...]:
        """The ids generated so far."""
        return tuple(self._request.generated)

    def __iter__(self) -> Iterator[str]:
        try:
            yield from self._pieces
        finally:
            self.close()

    def close(self) -> None:
        self._request.abandoned = True

    def _next(self) -> Any:
        """What comes next; a stop is answered also while the batch is busy with others."""
        while True:
            try:
                return self._request.out.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                self._request.cancel.check()

    def _decoded(self) -> Iterator[str]:
        """Text per token; an unfinished character waits for its rest."""
        ids: list[int] = []
        shown = ""
        while True:
            item = self._next()
            if isinstance(item, End):
                self._request.cancel.check()
                return
            if isinstance(item, MlError):
                raise type(item)(item.user_message)
            ids.append(item)
            text: str = self._tokenizer.decode(ids, skip_special_tokens=True)
            if not text.endswith(UNFINISHED) and len(text) > len(shown):
                yield text[len(shown) :]
                shown = text


def _until_stop(pieces: Iterator[str], stop: tuple[str, ...]) -> Iterator[str]:
    """Pass pieces on until one of ``stop`` appears; hold back what may be its beginning."""
    held = ""
    for piece in pieces:
        held += piece
        found = [held.index(word) for word in stop if word in held]
        if found:
            if rest := held[: min(found)]:
                yield rest
            return
        keep = max((_overlap(held, word) for word in stop), default=0)
        if ready := held[: len(held) - keep]:
            yield ready
        held = held[len(held) - keep :]
    if held:
        yield held


def _overlap(text: str, word: str) -> int:
    """Length of the longest end of ``text`` that begins ``word``."""
    return max((n for n in range(1, len(word)) if text.endswith(word[:n])), default=0)
