"""Findings into sentences: the language model writes, the guard lets through, numbers are filled.

Each sentence has two attempts. The first is free, after a few examples. When it says anything that
was not measured it is cut at that word, and the second attempt may only choose among the phrases
of ``phrases.py`` (constrained decoding), where possible among those that begin like what was
already shown.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

from ml.contracts.cancel import CancelToken
from ml.contracts.errors import Cancelled
from ml.contracts.events import Event, Evidence
from ml.contracts.report import ReportSentence
from ml.pipelines.draft_report.checks import refuse_sentence
from ml.pipelines.draft_report.guard import Guard, Refused, fill
from ml.pipelines.draft_report.phrases import candidates, prompt
from ml.pipelines.draft_report.statements import Statement
from ml.runtime.text.constraints import one_of
from ml.runtime.text.service import TextService
from ml.runtime.text.stream import TextStream

# Sentences of one draft that are written at the same time; they are shown one after another.
AHEAD = 8
MAX_TOKENS = 64
STOP = ("\n",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A finished sentence. ``raw`` still has its marks. ``attempts`` is 1 when the first was
    accepted, else ``first_reason`` says why not; ``reason`` says why it is not linked."""

    statement: Statement
    text: str
    raw: str
    attempts: int = 1
    first_reason: str | None = None
    reason: str | None = None

    @property
    def sentence(self) -> ReportSentence:
        return ReportSentence(
            section=self.statement.section,
            text=self.text,
            linked=self.reason is None,
            origin="ai",
            evidence=self.statement.evidence,
        )


class Writer:
    """Writes the sentences of one draft; ``written`` holds those that are finished."""

    def __init__(self, text: TextService, cancel: CancelToken) -> None:
        self._text = text
        self._cancel = cancel
        self.written: list[Written] = []

    def write(self, statements: Sequence[Statement]) -> Iterator[Event]:
        """Events of all sentences, in order.

        Raises:
            Cancelled: the sentence that was being written is closed as it stands, unlinked.
        """
        waiting = deque(statements)
        ahead: deque[tuple[Statement, TextStream]] = deque()
        try:
            while waiting or ahead:
                while waiting and len(ahead) < AHEAD:
                    statement = waiting.popleft()
                    ahead.append((statement, self._first(statement)))
                yield from self._sentence(*ahead.popleft())
        finally:
            for _, stream in ahead:
                stream.close()

    def _first(self, statement: Statement) -> TextStream:
        examples, own = prompt(statement)
        return self._text.generate(
            shared_prefix=examples,
            prompt=own,
            max_new_tokens=MAX_TOKENS,
            stop=STOP,
            cancel=self._cancel,
        )

    def _second(self, statement: Statement, kept: str) -> tuple[TextStream, bool]:
        """A text among the phrases, and whether it goes on from ``kept``."""
        phrases = candidates(statement)
        fitting = [phrase for phrase in phrases if phrase.startswith(kept)]
        tokenizer = self._text.tokenizer
        choices = [tokenizer(f" {phrase}").input_ids for phrase in fitting or phrases]
        examples, own = prompt(statement)
        stream = self._text.generate(
            shared_prefix=examples,
            prompt=own,
            max_new_tokens=max(map(len, choices)) + 1,
            constraint=one_of(choices, tokenizer.eos_token_id),
            cancel=self._cancel,
        )
        return stream, bool(fitting)

    def _sentence(self, statement: Statement, stream: TextStream) -> Iterator[Event]:
        yield _started(statement)
        guard = Guard(statement)
        first_reason: str | None = None
        try:
            reason = yield from self._attempt(statement, stream, guard, shown="")
            if reason is not None:
                first_reason, kept = reason, guard.kept
                again, goes_on = self._second(statement, kept)
                if not goes_on:  # what was shown is taken back
                    kept = ""
                    yield _started(statement)
                guard = Guard(statement)
                reason = yield from self._attempt(statement, again, guard, shown=kept)
        except Cancelled:
            yield self._close(
                Written(
                    statement=statement,
                    text=f"{fill(statement, guard.kept).rstrip()} …".lstrip(),
                    raw=guard.kept,
                    reason="stopped before the sentence was complete",
                )
            )
            raise
        yield self._close(
            Written(
                statement=statement,
                text=fill(statement, guard.raw),
                raw=guard.raw,
                attempts=1 if first_reason is None else 2,
                first_reason=first_reason,
                reason=reason,
            )
        )

    def _attempt(
        self, statement: Statement, stream: TextStream, guard: Guard, *, shown: str
    ) -> Generator[Event, None, str | None]:
        """One attempt; returns the reason for which it is refused, None when it is accepted.

        ``shown`` is what the reader saw of this very text already.
        """
        hidden = fill(statement, shown)
        seen = ""
        try:
            for piece in _with_end(stream):
                self._cancel.check()
                seen += guard.finish() if piece is None else guard.feed(piece)
                if len(seen) > len(hidden):
                    yield _delta(statement, seen[len(hidden) :])
                    hidden = seen
        except Refused as refused:
            stream.close()
            return refused.reason
        return refuse_sentence(statement, guard.raw)

    def _close(self, written: Written) -> Event:
        self.written.append(written)
        evidence: list[Evidence] = list(written.statement.evidence)
        data = {
            "message": written.statement.id,
            "text": written.text,
            "section": written.statement.section,
            "evidence": evidence,
            "linked": written.reason is None,
        }
        if written.reason is not None:
            data["reason"] = written.reason
        return Event(type="message.finished", data=data)


def _started(statement: Statement) -> Event:
    return Event(
        type="message.started",
        data={
            "message": statement.id,
            "kind": "sentence",
            "section": statement.section,
            "evidence": list(statement.evidence),
            "slots": dict(statement.slots),
        },
    )


def _with_end(stream: TextStream) -> Iterator[str | None]:
    """The pieces of a text, then None for its end."""
    yield from stream
    yield None


def _delta(statement: Statement, text: str) -> Event:
    return Event(type="message.delta", data={"message": statement.id, "text": text})
