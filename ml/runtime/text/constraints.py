"""What a text may be: constraints on the next token."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ml.runtime.text.request import Allowed, Constraint


def one_of(texts: Iterable[Sequence[int]], end_id: int) -> Constraint:
    """The text is one of ``texts`` (token ids), then ``end_id``: the model only chooses which."""
    choices = [(*ids, end_id) for ids in texts]

    def allowed(generated: Sequence[int]) -> Allowed:
        length = len(generated)
        done = tuple(generated)
        following = {ids[length] for ids in choices if ids[:length] == done and len(ids) > length}
        return Allowed(ids=frozenset(following or {end_id}))

    return allowed
