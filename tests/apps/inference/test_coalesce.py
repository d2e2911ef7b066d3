from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from apps.inference.coalesce import FLUSH_EVERY_S, PROGRESS_EVERY_S, Coalescer
from apps.jobs.projection import Projection, project


def _delta(message: str, text: str) -> tuple[str, dict[str, Any]]:
    return "message.delta", {"message": message, "text": text}


def _progress(step: str, fraction: float) -> tuple[str, dict[str, Any]]:
    return "step.progress", {"step": step, "fraction": fraction}


def _fed(*rows: tuple[str, dict[str, Any]]) -> Coalescer:
    coalescer = Coalescer()
    for kind, data in rows:
        coalescer.add(kind, data)
    return coalescer


def test_text_of_one_message_is_joined() -> None:
    rows = _fed(_delta("a", "x"), _delta("b", "1"), _delta("a", "y")).take(0.0)
    assert rows == [_delta("a", "xy"), _delta("b", "1")]


def test_text_is_not_joined_across_a_new_start() -> None:
    start = ("message.started", {"message": "a"})
    assert _fed(_delta("a", "x"), start, _delta("a", "y")).take(0.0) == [
        _delta("a", "x"),
        start,
        _delta("a", "y"),
    ]


def test_the_end_of_a_message_makes_waiting_text_needless() -> None:
    end = ("message.finished", {"message": "a", "text": "xy"})
    assert _fed(_delta("a", "x"), _delta("b", "z"), end).take(0.0) == [_delta("b", "z"), end]


def test_only_the_last_progress_goes_out() -> None:
    coalescer = _fed(_progress("a", 0.1), _progress("b", 0.2), _progress("a", 0.3))
    assert coalescer.take(0.0) == [_progress("b", 0.2), _progress("a", 0.3)]


def test_progress_waits_but_holds_nothing_up() -> None:
    coalescer = _fed(_progress("a", 0.1))
    assert coalescer.take(0.0) == [_progress("a", 0.1)]
    coalescer.add(*_progress("a", 0.2))
    coalescer.add(*_delta("m", "x"))
    assert coalescer.take(FLUSH_EVERY_S) == [_delta("m", "x")]
    assert coalescer.take(FLUSH_EVERY_S + 0.01) == []
    assert coalescer.take(FLUSH_EVERY_S * 2 + PROGRESS_EVERY_S) == [_progress("a", 0.2)]


def test_progress_never_follows_the_end_of_its_step() -> None:
    end = ("step.finished", {"step": "a", "seconds": 1.0})
    assert _fed(_progress("a", 0.9), end).take(0.0) == [end]


def test_at_most_ten_rows_of_text_a_second() -> None:
    coalescer, rows = Coalescer(), 0
    for tick in range(1000):
        coalescer.add(*_delta("a", "x"))
        rows += len(coalescer.take(tick / 1000))
    assert rows <= 11


def test_wait_says_when() -> None:
    coalescer = Coalescer()
    assert coalescer.wait_s(0.0) is None
    coalescer.add(*_delta("a", "x"))
    assert coalescer.wait_s(0.0) == 0
    coalescer.take(0.0)
    coalescer.add(*_delta("a", "x"))
    assert coalescer.wait_s(0.04) == FLUSH_EVERY_S - 0.04


def test_what_could_not_be_stored_comes_first_again() -> None:
    coalescer = _fed(_delta("a", "x"))
    rows = coalescer.take(0.0)
    coalescer.add(*_delta("b", "y"))
    coalescer.give_back(rows)
    assert coalescer.take(1.0) == [_delta("a", "x"), _delta("b", "y")]


def test_progress_of_the_whole() -> None:
    coalescer = Coalescer()
    seen = []
    for kind, data in (
        ("step.started", {"step": "a", "index": 0, "total": 2}),
        _progress("a", 0.5),
        ("step.finished", {"step": "a", "seconds": 1}),
        ("step.started", {"step": "b", "index": 1, "total": 2}),
        ("step.progress", {"step": "b", "fraction": None}),
        ("step.finished", {"step": "b", "seconds": 1}),
    ):
        coalescer.add(kind, data)
        seen.append(coalescer.progress)
    assert seen == [0.0, 0.25, 0.5, 0.5, 0.5, 1.0]


_NAME = st.sampled_from(["a", "b"])
_ROW = st.one_of(
    st.builds(_delta, _NAME, st.text(min_size=1, max_size=3)),
    st.builds(
        lambda m: ("message.started", {"message": m, "kind": "sentence", "section": "findings"}),
        _NAME,
    ),
    st.builds(
        lambda m, t: ("message.finished", {"message": m, "text": t, "section": "findings"}),
        _NAME,
        st.text(max_size=3),
    ),
    st.builds(lambda s: ("step.started", {"step": s, "title": s, "index": 0, "total": 1}), _NAME),
    st.builds(_progress, _NAME, st.floats(0, 1)),
    st.builds(lambda s: ("step.finished", {"step": s, "seconds": 1.0}), _NAME),
    st.builds(lambda c: ("log", {"level": "info", "code": c, "text": ""}), _NAME),
)


def _state(rows: list[tuple[str, dict[str, Any]]]) -> Projection:
    events = [{"seq": n, "type": k, "data": d} for n, (k, d) in enumerate(rows, start=1)]
    return {**project(events, "job:x"), "seq": 0}


@given(rows=st.lists(st.tuples(_ROW, st.floats(0, 0.3)), max_size=40))
def test_coalesced_story_ends_in_the_same_state(
    rows: list[tuple[tuple[str, dict[str, Any]], float]],
) -> None:
    coalescer, stored, now = Coalescer(), [], 0.0
    for (kind, data), pause in rows:
        coalescer.add(kind, data)
        now += pause
        stored += coalescer.take(now)
    stored += coalescer.take(now, all_of_it=True)
    assert _state(stored) == _state([row for row, _pause in rows])
