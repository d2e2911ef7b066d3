"""Two 1 mm heads to the change report, against the same steps one by one.

    python -m tests.bench.change [--repeats 1]

Ours: ``detect_change`` from two DICOM series to all its files, the model loaded once. Naive: the
same work as three runs in sequence, each with an engine of its own that loads what it needs:
``compare_scans``, ``segment_head`` of the base, ``segment_head`` of the follow-up; it finds no
lesions and writes no report, so that the ratio is against us. Heads: Colin 27 (Debian's
mricron-data) and the simulated later visit of the samples.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from ml.contracts.cancel import CancelToken
from ml.contracts.request import ImageInput, RunRequest
from ml.runtime.context import Resources
from ml.runtime.devices import Device
from ml.runtime.execute import execute
from ml.runtime.text.service import TextService
from ml.simulate.samples import colin_head, later_visit
from tests.ml.dicom.series import mr_series

CORES = 2
REASON = "A bench, to measure how long it takes."


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=1)
    repeats = parser.parse_args().repeats
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {CORES} used")
    print(f"load average {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        head = colin_head()
        for visit, image in (("base", head), ("follow", later_visit(head))):
            mr_series(root / visit, image, name=visit)
        ways: dict[str, Callable[[], None]] = {
            "ours": lambda: ours(root),
            "naive": lambda: naive(root),
        }
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        peak = 0
        for number in range(repeats):
            for way in ways if number % 2 == 0 else reversed(ways):
                began = time.perf_counter()
                ways[way]()
                seconds[way].append(time.perf_counter() - began)
                if not peak:
                    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    mine, base = (statistics.median(seconds[way]) for way in ("ours", "naive"))
    print(f"{head.shape}: ours {mine:.1f} s, one by one {base:.1f} s: ratio {mine / base:.2f}")
    print(f"peak memory of the first run {peak / 1e6:.1f} GB")


def ours(root: Path) -> None:
    run(root, "detect_change", {"base": root / "base", "follow": root / "follow"})


def naive(root: Path) -> None:
    run(root, "compare_scans", {"base": root / "base", "follow": root / "follow"})
    for visit in ("base", "follow"):
        run(root, "segment_head", {"image": root / visit})


def run(root: Path, pipeline: str, inputs: dict[str, Path]) -> None:
    """One run with an engine of its own, its files thrown away."""
    device = Device(kind="cpu", threads=CORES)
    text = TextService(device, root)
    request = RunRequest(
        pipeline=pipeline,
        run_id=str(uuid4()),
        inputs={name: ImageInput(path=path, kind="dicom") for name, path in inputs.items()},
        out_dir=root / uuid4().hex,
        override_reason=REASON,
    )
    for _ in execute(request, CancelToken(), Resources(device=device, data_dir=root, text=text)):
        pass
    text.close()
    shutil.rmtree(request.out_dir)


if __name__ == "__main__":
    main()
