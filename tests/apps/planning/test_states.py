from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from apps.planning.models import Plan, PlanDecision
from apps.planning.states import (
    TRANSITIONS,
    UNLOCKED,
    IllegalTransition,
    PlanEvent,
    PlanState,
    after,
)

LEGAL = {
    ("planning", "finished"): "review",
    ("planning", "failed"): "failed",
    ("planning", "cancelled"): "cancelled",
    ("review", "approved"): "approved",
    ("review", "rejected"): "rejected",
    ("approved", "rejected"): "rejected",
    ("approved", "withdrawn"): "review",
    ("rejected", "withdrawn"): "review",
}


@pytest.mark.parametrize(
    ("state", "event"), list(product(get_args(PlanState), get_args(PlanEvent)))
)
def test_every_event_in_every_state(state: PlanState, event: PlanEvent) -> None:
    if wanted := LEGAL.get((state, event)):
        assert after(state, event) == wanted
    else:
        with pytest.raises(IllegalTransition):
            after(state, event)


def test_the_table_knows_the_states_of_the_model() -> None:
    assert set(TRANSITIONS) == set(Plan.State.values) == set(get_args(PlanState))
    assert set(PlanDecision.Kind.values) < set(get_args(PlanEvent))


def test_nothing_but_a_physicists_approval_unlocks() -> None:
    ways = [
        (s, e) for s, events in TRANSITIONS.items() for e, to in events.items() if to == UNLOCKED
    ]
    assert ways == [("review", "approved")]
