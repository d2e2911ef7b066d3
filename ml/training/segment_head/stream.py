"""The endless, seeded stream of training heads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from ml.simulate.anatomy import Anatomy
from ml.simulate.head import HeadOptions, random_head


class HeadStream(IterableDataset[tuple[Tensor, Tensor, Tensor]]):
    """Heads number ``start``, ``start + 1``, ...: each drawn from the seed and its own number,
    so that a resumed run goes on with the heads the stopped one would have seen."""

    def __init__(
        self,
        anatomies: Sequence[Anatomy],
        options_at: Callable[[int], HeadOptions],
        *,
        seed: int,
        start: int,
    ) -> None:
        super().__init__()
        self.anatomies = list(anatomies)
        self.options_at = options_at
        self.seed = seed
        self.start = start

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        torch.set_num_threads(1)
        number = self.start
        while True:
            anatomy = self.anatomies[number % len(self.anatomies)]
            head = random_head(anatomy, self.seed * 1_000_003 + number, self.options_at(number))
            yield head.image.to(torch.bfloat16), head.tissue, head.side
            number += 1


def loader(stream: HeadStream) -> DataLoader[tuple[Tensor, Tensor, Tensor]]:
    """One worker process that stays a few heads ahead of the optimiser."""
    return DataLoader(stream, batch_size=1, num_workers=1, prefetch_factor=3)
