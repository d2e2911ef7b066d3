from __future__ import annotations

import itertools
from typing import get_args

import pytest

from apps.jobs.models import Job
from apps.jobs.states import (
    FINISHED,
    TRANSITIONS,
    IllegalTransition,
    JobState,
    require_transition,
)


def test_table_and_model_name_the_same_states() -> None:
    assert set(TRANSITIONS) == set(get_args(JobState)) == set(Job.State.values)


@pytest.mark.parametrize(("before", "after"), list(itertools.product(TRANSITIONS, TRANSITIONS)))
def test_only_what_the_table_allows(before: JobState, after: JobState) -> None:
    if after in TRANSITIONS[before]:
        require_transition(before, after)
    else:
        with pytest.raises(IllegalTransition):
            require_transition(before, after)


def test_finished_is_final_and_all_else_can_be_cancelled() -> None:
    assert all(not TRANSITIONS[state] for state in FINISHED)
    assert all("cancelled" in TRANSITIONS[state] for state in TRANSITIONS.keys() - FINISHED)


def test_every_state_can_reach_an_end() -> None:
    def reach(state: JobState, seen: frozenset[JobState] = frozenset()) -> bool:
        if state in FINISHED:
            return True
        return any(reach(one, seen | {state}) for one in TRANSITIONS[state] - seen)

    assert all(reach(state) for state in TRANSITIONS)
