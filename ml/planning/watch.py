"""Watching long work, and stopping it: what the engine tells while it computes."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Generic, TypeVar

from ml.contracts.cancel import CancelToken
from ml.contracts.errors import Cancelled

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where the work stands: ``fraction`` 0..1; ``iteration`` and ``objective`` while
    optimising."""

    fraction: float
    iteration: int | None = None
    objective: float | None = None

    @property
    def note(self) -> str | None:
        """One line for the person who watches."""
        if self.iteration is None or self.objective is None:
            return None
        return f"iteration {self.iteration}: objective {self.objective:.4g}"


class StopNow(BaseException):  # pyRadPlan swallows every Exception of an observer
    """Unwinds pyRadPlan when the run was asked to stop."""


@dataclass(frozen=True, slots=True)
class Watch:
    """``tell`` is called with each ``Progress``; raises ``StopNow`` once the token is set."""

    cancel: CancelToken
    tell: Callable[[Progress], None]

    def __call__(self, progress: Progress) -> None:
        if self.cancel.cancelled:
            raise StopNow
        self.tell(progress)


@dataclass(slots=True)
class _Outcome(Generic[Result]):
    value: Result | None = None
    error: BaseException | None = None


def streamed(
    work: Callable[[Watch], Result], cancel: CancelToken
) -> Generator[Progress, None, Result]:
    """Run ``work`` in a thread and yield what it tells; returns what it returns.

    Raises:
        Cancelled: it was stopped. Whatever else ``work`` raises.
    """
    told: queue.SimpleQueue[Progress | None] = queue.SimpleQueue()
    outcome: _Outcome[Result] = _Outcome()

    def body() -> None:
        try:
            outcome.value = work(Watch(cancel, told.put))
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
            outcome.error = error
        finally:
            told.put(None)

    thread = threading.Thread(target=body, name="planning", daemon=True)
    thread.start()
    try:
        while (progress := told.get()) is not None:
            yield progress
    except GeneratorExit:
        cancel.cancel()
        raise
    finally:
        thread.join()
    if isinstance(outcome.error, StopNow):
        raise Cancelled("Stopped on request.") from None
    if outcome.error is not None:
        raise outcome.error
    return outcome.value  # type: ignore[return-value]
