"""The Python projection against the fixtures that it shares with the TypeScript reducer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.jobs.projection import SequenceGap, apply, empty, project

FIXTURES = sorted((Path(__file__).parent / "events").glob("*.json"))
STREAM = "job:00000000-0000-4000-8000-000000000000"


def _load(path: Path) -> dict[str, Any]:
    fixture: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return fixture


def test_fixtures_are_found() -> None:
    assert len(FIXTURES) >= 10


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_fixture(path: Path) -> None:
    fixture = _load(path)
    assert project(fixture["events"], fixture["expect"]["stream"]) == fixture["expect"]


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_resuming_after_any_event_gives_the_same(path: Path) -> None:
    fixture = _load(path)
    events, stream = fixture["events"], fixture["expect"]["stream"]
    for cut in range(len(events) + 1):
        # A snapshot travels as JSON.
        state = json.loads(json.dumps(project(events[:cut], stream)))
        for event in events[cut:]:
            state = apply(state, event)
        assert state == fixture["expect"]


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_applying_changes_no_earlier_state(path: Path) -> None:
    fixture = _load(path)
    state = empty(fixture["expect"]["stream"])
    for event in fixture["events"]:
        before = json.dumps(state)
        after = apply(state, event)
        assert json.dumps(state) == before
        state = after


def test_gap_is_refused() -> None:
    event = {"seq": 2, "type": "log", "data": {"level": "info", "code": "a", "text": "b"}}
    with pytest.raises(SequenceGap):
        apply(empty(STREAM), event)


_NAME = st.sampled_from(["a", "b", "c"])
_TEXT = st.text(max_size=8)
_EVENT = st.one_of(
    st.tuples(
        st.just("job.queued"),
        st.fixed_dictionaries(
            {"attempt": st.integers(1, 3), "position": st.none() | st.integers(1, 9)}
        ),
    ),
    st.tuples(
        st.just("job.started"),
        st.fixed_dictionaries({"attempt": st.integers(1, 3), "pipeline": _NAME, "worker": _NAME}),
    ),
    st.tuples(
        st.just("job.interrupted"),
        st.fixed_dictionaries({"attempt": st.integers(1, 3), "reason": _NAME}),
    ),
    st.tuples(
        st.just("job.finished"),
        st.fixed_dictionaries(
            {
                "outcome": st.sampled_from(["succeeded", "failed", "cancelled"]),
                "incomplete": st.booleans(),
            },
            optional={"code": _NAME, "user_message": _TEXT},
        ),
    ),
    st.tuples(
        st.just("step.started"),
        st.fixed_dictionaries(
            {"step": _NAME, "title": _TEXT, "index": st.integers(0, 3), "total": st.just(3)}
        ),
    ),
    st.tuples(
        st.just("step.progress"),
        st.fixed_dictionaries(
            {"step": _NAME, "fraction": st.none() | st.floats(0, 1)}, optional={"note": _TEXT}
        ),
    ),
    st.tuples(
        st.just("step.finished"),
        st.fixed_dictionaries({"step": _NAME, "seconds": st.floats(0, 100)}),
    ),
    st.tuples(
        st.just("message.started"),
        st.fixed_dictionaries(
            {
                "message": _NAME,
                "kind": st.just("sentence"),
                "section": st.sampled_from(["findings", "impression"]),
                "evidence": st.just([]),
            }
        ),
    ),
    st.tuples(st.just("message.delta"), st.fixed_dictionaries({"message": _NAME, "text": _TEXT})),
    st.tuples(
        st.just("message.finished"),
        st.fixed_dictionaries(
            {
                "message": _NAME,
                "text": _TEXT,
                "section": st.just("findings"),
                "evidence": st.just([]),
                "linked": st.booleans(),
            },
            optional={"reason": _TEXT},
        ),
    ),
    st.tuples(
        st.just("finding.added"),
        st.fixed_dictionaries({"finding": st.fixed_dictionaries({"id": _NAME, "text": _TEXT})}),
    ),
    st.tuples(
        st.just("artifact.stored"),
        st.fixed_dictionaries({"key": _NAME, "incomplete": st.booleans()}),
    ),
    st.tuples(
        st.just("log"),
        st.fixed_dictionaries({"level": st.just("info"), "code": _NAME, "text": _TEXT}),
    ),
    st.tuples(st.just("of.a.later.version"), st.dictionaries(_NAME, _TEXT)),
)


@given(rows=st.lists(_EVENT, max_size=30), cut=st.integers(0, 30), again=st.integers(0, 30))
def test_prefix_then_rest_equals_all(
    rows: list[tuple[str, dict[str, Any]]], cut: int, again: int
) -> None:
    events = [
        {"seq": number, "type": kind, "data": data}
        for number, (kind, data) in enumerate(rows, start=1)
    ]
    whole = project(events, STREAM)
    # The rest may begin again before the cut, as a replay after a broken connection does.
    state = project(events[:cut], STREAM)
    for event in events[min(cut, again) :]:
        state = apply(state, event)
    assert state == whole
