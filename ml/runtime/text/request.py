"""One request for text, as the batch and the thread that asked share it."""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ml.contracts.cancel import CancelToken

# Given the ids generated so far, the ids that may come next; None where all may.
Constraint = Callable[[Sequence[int]], "Allowed | None"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """Which token ids may come next: only ``ids``, or (``inverted``) all but ``ids``."""

    ids: frozenset[int]
    inverted: bool = False


class End(Enum):
    """Why a text ended."""

    STOP = "stop"  # the model's end token
    LENGTH = "length"
    CANCELLED = "cancelled"


@dataclass(slots=True, kw_only=True, eq=False)
class TextRequest:
    """``prefix`` ids are shared with other requests (their keys and values are computed once);
    ``suffix`` ids are this request's own. Results go to ``out``: ids one by one, then an ``End``
    or the exception that ended it."""

    prefix: tuple[int, ...]
    suffix: tuple[int, ...]
    max_new_tokens: int
    stop_ids: frozenset[int]
    cancel: CancelToken
    constraint: Constraint | None = None
    abandoned: bool = False
    generated: list[int] = field(default_factory=list)
    out: queue.SimpleQueue[Any] = field(default_factory=queue.SimpleQueue)

    @property
    def prompt_length(self) -> int:
        return len(self.prefix) + len(self.suffix)

    @property
    def unwanted(self) -> bool:
        """Nobody waits for the rest any more."""
        return self.abandoned or self.cancel.cancelled

    def give(self, token: int) -> bool:
        """Hand a new token over; return whether the text is complete with it."""
        if token in self.stop_ids:
            self.out.put(End.STOP)
            return True
        self.generated.append(token)
        self.out.put(token)
        if len(self.generated) >= self.max_new_tokens:
            self.out.put(End.LENGTH)
            return True
        return False
