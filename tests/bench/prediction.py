"""One prediction with eight samples against drawing the samples one after another.

    python -m tests.bench.prediction [--repeats 3] [--steps 4]

Both with the shipped networks on a phantom head of 1 mm, on the same cores, from the image to the
samples; interleaved A B B A …. Ours sends all samples through the network together and reads the
base once; the baseline does what a loop over a plain script does: for each sample it reads the
base and runs the sampler.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from ml.imaging.resample import canonical
from ml.imaging.volume import Volume
from ml.models.followup.predictor import base_of, last_of, sampled
from ml.models.followup.reader import read_head
from ml.models.followup.state import Question
from ml.models.followup.weights import load
from ml.pipelines.predict_followup.fixture import head
from ml.runtime.registry import manifest_of
from ml.runtime.weights import verified_path

CORES, SAMPLES = 2, 8


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--steps", type=int, default=4)
    chosen = parser.parse_args()
    torch.set_num_threads(CORES)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {CORES} used")
    print(f"load average {os.getloadavg()[0]:.1f}")
    weights = {spec.name: spec for spec in manifest_of("predict_followup").weights}
    reader, predictor = (
        load(verified_path(weights[name])).model for name in ("reader", "predictor")
    )
    image = canonical(head(), (1.0, 1.0, 1.0))
    question = Question(days=180, treatment=0)

    def draw(volume: Volume, count: int, seed: int) -> torch.Tensor:
        base = base_of(read_head(volume, reader))
        found = last_of(
            sampled(predictor, base, question, count=count, steps=chosen.steps, seed=seed)
        )
        return found.residual

    def ours() -> None:
        draw(image, SAMPLES, 0)

    def one_by_one() -> None:
        for number in range(SAMPLES):
            draw(image, 1, number)

    ways: dict[str, Callable[[], None]] = {"ours": ours, "one by one": one_by_one}
    for way in ways.values():
        way()
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(chosen.repeats):
        for name, way in list(ways.items()) if number % 2 == 0 else reversed(list(ways.items())):
            began = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - began)
    mine, base = (statistics.median(seconds[name]) for name in ways)
    print(f"{SAMPLES} samples, {chosen.steps} steps, {np.array(image.shape)} voxels of 1 mm:")
    print(f"ours {mine:.2f} s, one by one {base:.2f} s: ratio {mine / base:.2f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")


if __name__ == "__main__":
    main()
