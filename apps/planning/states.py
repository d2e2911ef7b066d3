"""The life of a plan: a pure table of states, and where each event leads."""

from __future__ import annotations

from typing import Final, Literal

PlanState = Literal["planning", "review", "approved", "rejected", "failed", "cancelled"]
PlanEvent = Literal["finished", "failed", "cancelled", "approved", "rejected", "withdrawn"]

# A decision can be taken back, and then be taken anew; what was decided stays in the history.
# What failed or was cancelled is planned again as another plan.
TRANSITIONS: Final[dict[PlanState, dict[PlanEvent, PlanState]]] = {
    "planning": {"finished": "review", "failed": "failed", "cancelled": "cancelled"},
    "review": {"approved": "approved", "rejected": "rejected"},
    "approved": {"rejected": "rejected", "withdrawn": "review"},
    "rejected": {"withdrawn": "review"},
    "failed": {},
    "cancelled": {},
}
# The only state in which objects leave as approved.
UNLOCKED: Final[PlanState] = "approved"


class IllegalTransition(Exception):
    """The event means nothing to a plan in this state."""

    def __init__(self, state: str, event: str) -> None:
        super().__init__(f"A plan that is {state} cannot be {event}.")
        self.state = state
        self.event = event


def after(state: PlanState, event: PlanEvent) -> PlanState:
    """The state that ``event`` leads to. Raises ``IllegalTransition``."""
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise IllegalTransition(state, event) from None
