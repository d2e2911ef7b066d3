"""The life of a job: a pure table of states and what may follow each."""

from __future__ import annotations

from typing import Final, Literal

JobState = Literal["queued", "running", "interrupted", "succeeded", "failed", "cancelled"]
Outcome = Literal["succeeded", "failed", "cancelled"]

# interrupted -> failed: the last allowed attempt lost its worker.
TRANSITIONS: Final[dict[JobState, frozenset[JobState]]] = {
    "queued": frozenset({"running", "cancelled"}),
    "running": frozenset({"succeeded", "failed", "cancelled", "interrupted"}),
    "interrupted": frozenset({"queued", "failed", "cancelled"}),
    "succeeded": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
}
FINISHED: Final[frozenset[JobState]] = frozenset({"succeeded", "failed", "cancelled"})


class IllegalTransition(Exception):
    """A job cannot go from the one state to the other."""

    def __init__(self, before: str, after: str) -> None:
        super().__init__(f"A job that is {before} cannot become {after}.")
        self.before = before
        self.after = after


def require_transition(before: JobState, after: JobState) -> None:
    """Raise ``IllegalTransition`` unless the table allows it."""
    if after not in TRANSITIONS[before]:
        raise IllegalTransition(before, after)


def is_finished(state: str) -> bool:
    return state in FINISHED
