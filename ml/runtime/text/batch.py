"""The running batch: requests join at the next step and leave when they are done.

Iteration-level scheduling after Yu et al., Orca (OSDI 2022); a prompt's shared beginning is read
once and its keys and values copied (as in SGLang's prefix cache, Zheng et al. 2024).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import torch
from torch import Tensor

from ml.models.smollm2.modeling import KeysAndValues, Llama, SlotCache, decode, prefill
from ml.runtime.devices import is_out_of_memory, release_memory
from ml.runtime.text.request import End, TextRequest

# About 8 MB each: enough for every kind of sentence of a report.
KEPT_PREFIXES = 24


class ContinuousBatch:
    """Greedy decoding of many requests. Not thread-safe: one thread drives it."""

    def __init__(self, llama: Llama, *, rows: int, length: int) -> None:
        self._llama = llama
        self._cache = self._largest_cache(rows, length)
        self._running: list[TextRequest] = []
        self._lengths: list[int] = []
        self._last: list[int] = []
        self._prefixes: OrderedDict[tuple[int, ...], KeysAndValues] = OrderedDict()

    def _largest_cache(self, rows: int, length: int) -> SlotCache:
        """A cache of ``rows`` sequences, or of half as many while memory is short."""
        while True:
            try:
                config = self._llama.model.config
                return SlotCache(config, rows, length, self._llama.model.device)
            except (MemoryError, RuntimeError) as error:
                if not is_out_of_memory(error) or rows == 1:
                    raise
                release_memory()
                rows //= 2

    @property
    def size(self) -> int:
        return len(self._running)

    @property
    def free(self) -> int:
        return self._cache.rows - len(self._running)

    def fits(self, request: TextRequest) -> bool:
        """Whether the text of a request can be as long as it wants to be."""
        return request.prompt_length + request.max_new_tokens <= self._cache.length

    def join(self, request: TextRequest) -> None:
        """Read a request's prompt into a free row and give it its first token."""
        row = len(self._running)
        start = self._enter_prefix(request.prefix, row)
        logits = prefill(self._llama, self._cache, row, request.suffix, start)
        token = self._choose(logits, request)
        if not request.give(token):
            self._running.append(request)
            self._lengths.append(request.prompt_length)
            self._last.append(token)

    def _enter_prefix(self, prefix: tuple[int, ...], row: int) -> int:
        if not prefix:
            return 0
        if prefix not in self._prefixes:
            prefill(self._llama, self._cache, row, prefix, 0)
            self._prefixes[prefix] = self._cache.copy_out(row, len(prefix))
            while len(self._prefixes) > KEPT_PREFIXES:
                self._prefixes.popitem(last=False)
        self._prefixes.move_to_end(prefix)
        self._cache.copy_in(row, self._prefixes[prefix])
        return len(prefix)

    def step(self) -> None:
        """One token for every running request; those that are done or unwanted leave."""
        self._drop(lambda request: request.unwanted)
        if not self._running:
            return
        logits = decode(self._llama, self._cache, self._last, self._lengths)
        free_choice = logits.argmax(dim=-1).tolist()
        done: set[TextRequest] = set()
        for row, request in enumerate(self._running):
            self._lengths[row] += 1
            token = free_choice[row] if request.constraint is None else (
                self._choose(logits[row], request)
            )  # fmt: skip
            self._last[row] = token
            if request.give(token):
                done.add(request)
        self._drop(lambda request: request in done)

    def _choose(self, logits: Tensor, request: TextRequest) -> int:
        allowed = request.constraint(request.generated) if request.constraint else None
        if allowed is not None:
            ids = torch.tensor(sorted(allowed.ids), device=logits.device)
            if allowed.inverted:
                logits = logits.index_fill(0, ids, float("-inf"))
            else:
                return int(ids[logits[ids].argmax()])
        return int(logits.argmax())

    def _drop(self, leaves: Callable[[TextRequest], bool]) -> None:
        """Take requests out; the last row moves into each hole, so rows in use stay together."""
        for row in reversed(range(len(self._running))):
            request = self._running[row]
            if not leaves(request):
                continue
            if request.unwanted:
                request.out.put(End.CANCELLED)
            last = len(self._running) - 1
            if row != last:
                self._cache.move(last, row, self._lengths[last])
            self._running[row] = self._running[last]
            self._lengths[row] = self._lengths[last]
            self._last[row] = self._last[last]
            del self._running[last], self._lengths[last], self._last[last]

    def fail_all(self, error: BaseException) -> None:
        """End every running request with ``error``."""
        for request in self._running:
            request.out.put(error)
        self._running, self._lengths, self._last = [], [], []
