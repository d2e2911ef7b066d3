"""The one thing that runs pipelines, wherever they run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from ml.contracts.cancel import CancelToken
from ml.contracts.events import Event
from ml.contracts.request import RunRequest


class Engine(Protocol):
    """Runs requests, several at once from several threads; owns the models it loads.

    ``run`` yields the run's events and, last, one ``result``; it raises ``MlError`` and nothing
    else. Closing the iterator early stops the run.
    """

    def run(self, request: RunRequest, cancel: CancelToken) -> Iterator[Event]: ...

    def warm(self, names: Sequence[str]) -> None:
        """Load the models of the named pipelines before they are asked for."""

    def close(self) -> None:
        """Stop every run and give the models back."""

    @property
    def alive(self) -> bool:
        """Whether a run could start now without loading anything first."""
