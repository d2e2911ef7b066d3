"""SmolLM2 as a decoder of many sequences at once.

transformers' own Llama does the computing; what is ours is the cache. ``SlotCache`` keeps one row
of keys and values per running sequence, each at its own length, so that a sequence joins or leaves
between two steps without the others being moved or padded anew.

Computed in float32: in bfloat16 two candidates often tie exactly, and the winner then depends on
how many sequences run beside; in float32 a batch gives the same greedy tokens as ``generate``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM
from transformers.cache_utils import Cache

Tokenizer = Any
KeysAndValues = list[tuple[Tensor, Tensor]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Llama:
    """A Llama-family model with its tokenizer, in evaluation mode."""

    model: LlamaForCausalLM
    tokenizer: Tokenizer


def load(folder: Path, device: str) -> Llama:
    """Read a checkpoint folder (safetensors only) onto ``device`` in float32."""
    model: Any = LlamaForCausalLM.from_pretrained(
        folder, dtype=torch.float32, use_safetensors=True, attn_implementation="sdpa"
    )
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return Llama(model=model.to(device).eval(), tokenizer=tokenizer)


class SlotCache(Cache):
    """Keys and values of ``rows`` sequences, (layer)(row, head, position, channel), float32.

    Rows ``0 .. active-1`` are in use. ``place`` says which rows and positions the next forward
    pass writes and how far it looks.
    """

    def __init__(self, config: LlamaConfig, rows: int, length: int, device: torch.device) -> None:
        super().__init__(layers=[])
        heads = config.num_key_value_heads or config.num_attention_heads
        channels = config.head_dim or config.hidden_size // config.num_attention_heads
        shape = (rows, heads, length, channels)
        self.store: KeysAndValues = [
            (torch.zeros(shape, device=device), torch.zeros(shape, device=device))
            for _ in range(config.num_hidden_layers)
        ]
        self._rows = slice(0, 0)
        self._positions: Tensor | slice = slice(0, 0)
        self._visible = 0

    @property
    def rows(self) -> int:
        return int(self.store[0][0].shape[0])

    @property
    def length(self) -> int:
        return int(self.store[0][0].shape[2])

    def place(self, rows: slice, positions: Tensor | slice, visible: int) -> None:
        """The next pass writes ``positions`` (one per row, or one slice of a single row) of
        ``rows`` and attends to the first ``visible`` positions."""
        self._rows, self._positions, self._visible = rows, positions, visible

    def update(
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, *_args: Any, **_kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Store (row, head, query, channel) and return what the pass attends to."""
        pair = []
        for stored, new in zip(self.store[layer_idx], (key_states, value_states), strict=True):
            rows = stored[self._rows]
            if isinstance(self._positions, slice):
                rows[:, :, self._positions] = new
            else:
                each = torch.arange(rows.shape[0], device=rows.device)
                rows[each, :, self._positions] = new[:, :, 0]
            pair.append(rows[:, :, : self._visible])
        return pair[0], pair[1]

    def get_seq_length(self, layer_idx: int = 0) -> int:
        return self._visible

    def move(self, source: int, target: int, length: int) -> None:
        """Copy the first ``length`` positions of row ``source`` to row ``target``."""
        for keys, values in self.store:
            keys[target, :, :length] = keys[source, :, :length]
            values[target, :, :length] = values[source, :, :length]

    def copy_out(self, row: int, length: int) -> KeysAndValues:
        """The first ``length`` positions of a row, as a copy."""
        return [(k[row, :, :length].clone(), v[row, :, :length].clone()) for k, v in self.store]

    def copy_in(self, row: int, prefix: KeysAndValues) -> None:
        """Put a copied-out prefix at the start of a row."""
        for (keys, values), (pk, pv) in zip(self.store, prefix, strict=True):
            keys[row, :, : pk.shape[1]] = pk
            values[row, :, : pv.shape[1]] = pv


@torch.inference_mode()
def prefill(llama: Llama, cache: SlotCache, row: int, ids: Sequence[int], start: int) -> Tensor:
    """Read ``ids`` into ``row`` from position ``start``; return the last logits (vocabulary,)."""
    device = llama.model.device
    end = start + len(ids)
    cache.place(slice(row, row + 1), slice(start, end), end)
    positions = torch.arange(start, end, device=device)
    mask = torch.arange(end, device=device)[None, :] <= positions[:, None]
    output = llama.model(
        input_ids=torch.tensor([list(ids)], device=device),
        position_ids=positions[None],
        attention_mask=mask[None, None],
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    )
    logits: Tensor = output.logits[0, -1]
    return logits


@torch.inference_mode()
def decode(llama: Llama, cache: SlotCache, tokens: Sequence[int], lengths: Sequence[int]) -> Tensor:
    """One step of rows ``0 .. len(tokens)-1``: row i, ``lengths[i]`` long, reads ``tokens[i]``.

    Returns logits (row, vocabulary).
    """
    device = llama.model.device
    positions = torch.tensor(list(lengths), device=device)
    visible = int(max(lengths)) + 1
    cache.place(slice(0, len(tokens)), positions, visible)
    mask = torch.arange(visible, device=device)[None, :] <= positions[:, None]
    output = llama.model(
        input_ids=torch.tensor(list(tokens), device=device)[:, None],
        position_ids=positions[:, None],
        attention_mask=mask[:, None, None],
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    )
    logits: Tensor = output.logits[:, -1]
    return logits
