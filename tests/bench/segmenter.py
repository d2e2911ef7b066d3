"""A whole head of 1 mm through our segmenter against MONAI's sliding window with the same network.

    python -m tests.bench.segmenter [--repeats 5]

The baseline is ``SlidingWindowInferer(sw_batch_size=1, overlap=0.5)`` in float32 torch over the
same prepared image, with windows as large as those of training. Both on the same cores, interleaved
A B B A …. Ours must give the classes that the network gives in float32 when it sees the whole head
at once; windows see less of the head, so what they give is told beside it. The head is Colin 27
(Debian's mricron-data).
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from monai.inferers.inferer import SlidingWindowInferer
from torch import Tensor
from torch.nn import functional

from ml.evaluation.overlap import dice_per_label
from ml.models.head_unet.modeling import HeadUNet
from ml.models.head_unet.segmenter import HeadSegmenter, prepared
from ml.models.head_unet.weights import load
from ml.runtime.registry import manifest_of
from ml.runtime.weights import verified_path
from ml.simulate import labels
from ml.simulate.samples import colin_head

WINDOW = (112, 144, 112)
CORES = 2


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(CORES)
    model = load(verified_path(manifest_of("segment_head").weights[0]))
    segmenter = HeadSegmenter(model, threads=CORES)
    scan = colin_head()
    head, affine = prepared(scan)
    inferer = SlidingWindowInferer(roi_size=WINDOW, sw_batch_size=1, overlap=0.5)

    def theirs() -> Tensor:
        with torch.inference_mode():
            logits: Any = inferer(head[None, None], model)
        return torch.softmax(logits[0, :-1], dim=0)

    def ours() -> Tensor:
        return segmenter.scores(head, affine).probability

    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {CORES} used")
    print(f"load average {os.getloadavg()[0]:.1f}; head {tuple(head.shape)} at 1.5 mm")
    agreement("the whole head at once, float32", ours(), at_once(model, head))
    agreement("sliding window, float32", ours(), theirs())
    seconds: dict[str, list[float]] = {"sliding window, float32": [], "ours": []}
    ways: list[tuple[str, Callable[[], Tensor]]] = list(zip(seconds, (theirs, ours), strict=True))
    for number in range(repeats):
        for name, way in ways if number % 2 == 0 else reversed(ways):
            began = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - began)
    base = statistics.median(seconds["sliding window, float32"])
    for name, values in seconds.items():
        middle = statistics.median(values)
        print(f"{name}: median {middle:.2f} s (from {min(values):.2f}), ratio {middle / base:.2f}")
    whole = []
    for _ in range(repeats):
        began = time.perf_counter()
        segmenter.segment(scan)
        whole.append(time.perf_counter() - began)
    print(f"whole head of 1 mm, image to labels: median {statistics.median(whole):.1f} s (aim 20)")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")


def at_once(model: HeadUNet, head: Tensor) -> Tensor:
    """Probabilities of the same network in float32 torch, the whole head in one pass."""
    padding = [pad for size in reversed(head.shape) for pad in (0, -size % model.config.stride)]
    with torch.inference_mode():
        logits: Tensor = model(functional.pad(head[None, None], padding))[0, :-1]
    z, y, x = head.shape
    return torch.softmax(logits[:, :z, :y, :x], dim=0)


def agreement(name: str, ours: Tensor, theirs: Tensor) -> None:
    """Share of the head's voxels with the same class, and Dice of the brain's structures."""
    a, b = (one.argmax(dim=0).numpy().astype(np.int64) for one in (ours, theirs))
    brain = [k for k, tissue in enumerate(labels.TISSUES) if tissue.in_brain]
    head = (a > 0) | (b > 0)
    scores = dice_per_label(a, b, brain)
    lowest = min(scores, key=lambda k: scores[k])
    same, worst = float((a == b)[head].mean()), labels.TISSUES[lowest].name
    print(f"ours against {name}: same class in {same:.1%} of the head; Dice of structures")
    print(f"    mean {np.mean(list(scores.values())):.3f}, lowest {scores[lowest]:.3f} ({worst})")


if __name__ == "__main__":
    main()
