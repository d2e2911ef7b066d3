"""A report's sentences against what is known of its study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ml.api


def checked(
    sentences: Sequence[Mapping[str, Any]], context: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """One ``{"level", "reasons": [{"check", "text"}]}`` for each sentence, in their order.

    Args:
        sentences: with ``text``, and where known ``section``, ``origin``, ``linked``, ``evidence``.
            Leave out what is removed or not included: it would contradict the others.
        context: the ``facts`` of the run's result; None or parts of them where there was no run.
    """
    return ml.api.check_report_sentences(sentences, context or {})


def omissions(
    sentences: Sequence[Mapping[str, Any]], context: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The verdict, of the same shape, on what the report as a whole leaves out."""
    return ml.api.check_report_omissions(sentences, context or {})
