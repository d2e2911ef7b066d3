from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ml.contracts.cancel import CancelToken
from ml.contracts.errors import Cancelled
from ml.contracts.events import Event
from ml.pipelines.draft_report.checks import refuse_sentence
from ml.pipelines.draft_report.findings import Judged
from ml.pipelines.draft_report.guard import fill
from ml.pipelines.draft_report.phrases import candidates
from ml.pipelines.draft_report.statements import Statement
from ml.pipelines.draft_report.writer import Writer
from ml.runtime.text.service import TextService


class Scripted:
    """A language model that says what it is told to, attempt after attempt."""

    tokenizer: Any = None

    def __init__(self, *attempts: str) -> None:
        self._attempts = iter(attempts)
        self.constraints: list[Any] = []

    def generate(self, *, constraint: Any = None, **_: Any) -> ScriptedStream:
        self.constraints.append(constraint)
        return ScriptedStream(next(self._attempts))


class ScriptedStream:
    def __init__(self, text: str) -> None:
        self._text = text

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self._text), 5):
            yield self._text[start : start + 5]

    def close(self) -> None:
        pass


class Letters:
    eos_token_id = 0

    def __call__(self, text: str) -> Any:
        return type("Encoded", (), {"input_ids": [ord(letter) for letter in text]})


Scripted.tokenizer = Letters()


def written_by(statement: Statement, *attempts: str) -> tuple[list[Event], Writer, Scripted]:
    model = Scripted(*attempts)
    writer = Writer(model, CancelToken())  # type: ignore[arg-type]
    return list(writer.write([statement])), writer, model


def shown(events: list[Event]) -> str:
    """What a reader has seen last, before the sentence was finished."""
    text = ""
    for event in events:
        if event.type == "message.started":
            text = ""
        elif event.type == "message.delta":
            text += event.data["text"]
    return text


@pytest.fixture
def statement(normal: dict[str, Judged]) -> Statement:
    return normal["left_hippocampus"].statement


def test_an_acceptable_sentence_is_kept_and_its_numbers_filled(statement: Statement) -> None:
    sentence = candidates(statement)[0]
    events, writer, model = written_by(statement, f" {sentence}")
    last = events[-1].data
    assert last["linked"] is True
    assert last["text"] == fill(statement, sentence) == shown(events)
    assert statement.fills["value"] in last["text"]
    assert last["evidence"] == list(statement.evidence)
    assert writer.written[0].attempts == 1
    assert model.constraints == [None]


def test_a_refused_sentence_is_written_anew_among_the_phrases(statement: Statement) -> None:
    phrase = candidates(statement)[0]
    events, writer, model = written_by(statement, " The right hippocampus is", f" {phrase}")
    assert "right" not in "".join(e.data.get("text", "") for e in events)
    assert events[-1].data["linked"] is True
    assert shown(events) == events[-1].data["text"]
    assert writer.written[0].first_reason == "the wrong side: right"
    assert model.constraints[1] is not None


def test_the_second_attempt_goes_on_from_what_was_shown(statement: Statement) -> None:
    phrase = candidates(statement)[0]
    events, _, _ = written_by(statement, " The volume of the right", f" {phrase}")
    assert [event.type for event in events].count("message.started") == 1
    assert shown(events) == events[-1].data["text"]


def test_what_cannot_be_gone_on_from_is_taken_back(statement: Statement) -> None:
    phrase = candidates(statement)[0]
    events, _, _ = written_by(statement, " In this the right", f" {phrase}")
    assert [event.type for event in events].count("message.started") == 2
    assert shown(events) == events[-1].data["text"]


def test_a_sentence_refused_twice_is_marked_and_says_why(statement: Statement) -> None:
    events, writer, _ = written_by(statement, " The right", " The volume of the left hippocampus")
    last = events[-1].data
    assert last["linked"] is False
    assert last["reason"] == "a measurement left out: reference, value"
    assert not writer.written[0].sentence.linked


def test_a_model_of_nonsense_still_gives_sentences_that_pass(
    nonsense: TextService, normal: dict[str, Judged]
) -> None:
    statements = [normal[key].statement for key in ("brain", "third_ventricle", "thalamus.pair")]
    writer = Writer(nonsense, CancelToken())
    list(writer.write(statements))
    for written, statement in zip(writer.written, statements, strict=True):
        assert written.attempts == 2
        assert refuse_sentence(statement, written.raw) is None
        assert written.reason is None


def test_a_stop_closes_the_sentence_as_it_stands(statement: Statement) -> None:
    cancel = CancelToken()
    writer = Writer(Scripted(f" {candidates(statement)[0]}"), cancel)  # type: ignore[arg-type]
    events = writer.write([statement])
    seen = [next(events) for _ in range(3)]
    cancel.cancel()
    closing = next(events)
    assert closing.type == "message.finished"
    assert closing.data["linked"] is False
    assert "stopped" in closing.data["reason"]
    assert closing.data["text"] == shown(seen).rstrip() + " …"
    with pytest.raises(Cancelled):
        next(events)
