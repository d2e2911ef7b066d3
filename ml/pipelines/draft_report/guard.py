"""Lets a sentence through word by word, as far as it can be vouched for."""

from __future__ import annotations

import re

from ml.pipelines.draft_report.checks import SLOT, refuse_part
from ml.pipelines.draft_report.statements import Statement

# What may still grow into something else: the last word, or an unfinished mark.
UNFINISHED_MARK = re.compile(r"\{\{?[^{}]*\}?$")
UNFINISHED_WORD = re.compile(r"[\w-]+$")


class Refused(Exception):  # not an error: the sentence is written anew
    """What is written so far cannot be kept. ``reason`` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def fill(statement: Statement, text: str) -> str:
    """``text`` with each mark replaced by what the measurement service has for it."""
    return SLOT.sub(lambda mark: statement.fills.get(mark[1], mark[0]), text)


class Guard:
    """Holds back the last, unfinished word; checks all before it; fills the marks.

    ``raw`` is the text with its marks, ``kept`` how much of it was let through.
    """

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self.raw = ""
        self.kept = ""

    def feed(self, piece: str) -> str:
        """Add a piece; return what can be shown now. Raises ``Refused``."""
        self.raw = (self.raw + piece).lstrip()
        safe = UNFINISHED_WORD.sub("", UNFINISHED_MARK.sub("", self.raw))
        return self._release(safe[: len(safe) - self._begun_subject(safe)])

    def _begun_subject(self, safe: str) -> int:
        """Length of the unfinished name of the structure at the end of ``safe``: its words mean
        something only together (third ventricle, left hippocampus)."""
        subject, ending = self._statement.subject.lower(), safe.lower()
        return max((n for n in range(1, len(subject)) if ending.endswith(subject[:n])), default=0)

    def finish(self) -> str:
        """The text has ended: return the rest. Raises ``Refused``."""
        self.raw = self.raw.rstrip()
        if self.raw and self.raw[-1] not in ".!?":
            self.raw += "."
        return self._release(self.raw)

    def _release(self, safe: str) -> str:
        if len(safe) <= len(self.kept):
            return ""
        if reason := refuse_part(self._statement, safe):
            raise Refused(reason)
        new = safe[len(self.kept) :]
        self.kept = safe
        return fill(self._statement, new)
