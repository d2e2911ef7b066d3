"""How fast Orthanc takes instances in while Synoptic follows it, against nobody following.

    python -m tests.bench.intake [--rounds 6] [--series 30] [--slices 100] [--size 256]

Two Orthancs with the product's configuration, one followed by the real intake process and one left
alone; they are sent the same number of instances turn and turn about, so that both meet the same
machine. A round lasts long enough for its first series to be completed while its last ones arrive.
Wanted: a ratio of at least 0.95. Also told: how long after the last instance of a round
the study list is complete (Orthanc itself calls a series stable after 3 s).
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from pydicom.uid import UID, generate_uid

from tests.factories.dicom import as_file, ct_slice
from tests.support.orthanc import Orthanc, orthanc_server
from tests.support.processes import child
from tests.support.redis import redis_server

UID_LENGTH = 60


def fixed_uid() -> str:
    """A new UID of one length, so that it can be put in place of another in a file's bytes."""
    return generate_uid().ljust(64, "1")[:UID_LENGTH].rstrip(".").ljust(UID_LENGTH, "1")


class Scans:
    """Fresh series made from one slice by exchanging its identifiers."""

    def __init__(self, *, slices: int, size: int) -> None:
        self.slices = slices
        self._marks = [fixed_uid() for _ in range(3)]
        sop, series, study = self._marks
        dataset = ct_slice(
            number=1,
            position=(0, 0, 1111),
            size=size,
            SOPInstanceUID=sop,
            SeriesInstanceUID=series,
            StudyInstanceUID=study,
        )
        dataset.file_meta.MediaStorageSOPInstanceUID = UID(sop)
        self._template = as_file(dataset)

    def series(self) -> Iterator[bytes]:
        series, study = fixed_uid(), fixed_uid()
        shared = self._template.replace(self._marks[1].encode(), series.encode())
        shared = shared.replace(self._marks[2].encode(), study.encode())
        for number in range(self.slices):
            place = shared.replace(b"\\1111", f"\\{1112 + number}".encode(), 1)
            yield place.replace(self._marks[0].encode(), fixed_uid().encode())


def send(target: Orthanc, scans: Scans, series: int, senders: int) -> float:
    """Instances a second. Each sender sends whole series, one after the other."""
    waiting = iter(range(series))

    def post() -> None:
        with target.client() as client:
            for _ in waiting:
                for file in scans.series():
                    client.post("/instances", content=file).raise_for_status()

    started = time.perf_counter()
    with ThreadPoolExecutor(senders) as pool:
        for sender in [pool.submit(post) for _ in range(senders)]:
            sender.result()
    return series * scans.slices / (time.perf_counter() - started)


def settled(environment: dict[str, str], instances: int) -> bool:
    import sqlite3

    path = Path(environment["SYNOPTIC_DATA_DIR"]) / "synoptic.sqlite3"
    with closing(sqlite3.connect(path, timeout=20)) as database:
        query = (
            "select count(*), coalesce(sum(complete), 0), sum(instance_count) from studies_series"
        )
        count, complete, known = database.execute(query).fetchone()
    return bool(count) and complete == count and known == instances


def compare(arguments: argparse.Namespace, folder: Path) -> None:
    scans = Scans(slices=arguments.slices, size=arguments.size)
    for name in ("followed", "alone", "redis", "data"):
        (folder / name).mkdir()
    rates: dict[str, list[float]] = {"followed": [], "alone": []}
    lags: list[float] = []
    with (
        orthanc_server(folder / "followed") as followed,
        orthanc_server(folder / "alone") as alone,
        redis_server(folder / "redis") as redis_url,
    ):
        environment = {
            **os.environ,
            **followed.environment(),
            "DJANGO_SETTINGS_MODULE": "apps.config.settings.dev",
            "SYNOPTIC_DATA_DIR": str(folder / "data"),
            "SYNOPTIC_REDIS_URL": redis_url,
        }
        manage = [sys.executable, "manage.py"]
        with child(
            [*manage, "migrate", "-v0"], log=folder / "log", environment=environment
        ) as made:
            made.wait()
        with child([*manage, "follow_changes"], log=folder / "log", environment=environment):
            sent = 0
            for turn in range(arguments.rounds + 1):
                order = ["followed", "alone"] if turn % 2 else ["alone", "followed"]
                for name in order:
                    target = followed if name == "followed" else alone
                    rate = send(target, scans, arguments.series, arguments.senders)
                    if turn:
                        rates[name].append(rate)
                    if name == "followed":
                        sent += arguments.series * arguments.slices
                        started = time.perf_counter()
                        while not settled(environment, sent):
                            time.sleep(0.1)
                        lags.append(time.perf_counter() - started)
    told(rates, lags)


def told(rates: dict[str, list[float]], lags: list[float]) -> None:
    pairs = [f / a for f, a in zip(rates["followed"], rates["alone"], strict=True)]
    for name, values in rates.items():
        print(f"{name:10} median {statistics.median(values):6.1f} instances/s")
    overall = statistics.median(rates["followed"]) / statistics.median(rates["alone"])
    print(
        f"ratio of medians {overall:.3f}, median ratio of {len(pairs)} pairs "
        f"{statistics.median(pairs):.3f}   (wanted: at least 0.95)"
    )
    print(f"complete in the index {statistics.median(lags):.1f} s after the last instance")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--series", type=int, default=30)
    parser.add_argument("--slices", type=int, default=100)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--senders", type=int, default=4)
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f} before", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        compare(arguments, Path(folder))
    print(f"load {os.getloadavg()[0]:.1f} after")


if __name__ == "__main__":
    main()
