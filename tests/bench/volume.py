"""One bulk request for a volume, against one WADO-RS request for each of its frames.

    python -m tests.bench.volume [--slices 100] [--size 512] [--rounds 5]

The real web process, intake and Orthanc. The same voxels are fetched in three ways, turn and turn
about: frame by frame from Orthanc itself and through our own addresses, six at a time as a browser
does, and in one request from ``/volume``. Wanted: bulk in at most a third of the time of either.
The client gets whole slices in order, so that it can draw while they come: the time to the first
is told too.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

from tests.factories.dicom import SeriesFiles, ct_series
from tests.support.orthanc import PASSWORD, USER
from tests.support.processes import wait_until
from tests.support.stack import Stack, product

AT_ONCE = 6
ACCEPT = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'


async def by_frame(client: httpx.AsyncClient, series: SeriesFiles) -> int:
    gate = asyncio.Semaphore(AT_ONCE)

    async def fetch(uid: str) -> int:
        address = (
            f"/dicomweb/studies/{series.study_uid}/series/{series.series_uid}"
            f"/instances/{uid}/frames/1"
        )
        async with gate:
            answer = await client.get(address, headers={"accept": ACCEPT})
        answer.raise_for_status()
        return len(answer.content)

    return sum(await asyncio.gather(*map(fetch, series.sop_uids)))


class Bulk:
    def __init__(self) -> None:
        self.first: list[float] = []

    async def __call__(self, client: httpx.AsyncClient, series: SeriesFiles) -> int:
        started, received = time.perf_counter(), 0
        address = f"/api/v1/series/{series.series_uid}/volume"
        async with client.stream("GET", address) as answer:
            answer.raise_for_status()
            async for chunk in answer.aiter_raw():
                if not received:
                    self.first.append(time.perf_counter() - started)
                received += len(chunk)
        return received


async def measure(stack: Stack, series: SeriesFiles, rounds: int) -> None:
    token = stack.client().headers["authorization"]
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    shared: dict[str, Any] = {"limits": limits, "timeout": 120, "trust_env": False}
    direct = httpx.AsyncClient(base_url=stack.orthanc.url, auth=(USER, PASSWORD), **shared)
    ours = httpx.AsyncClient(base_url=stack.url, headers={"authorization": token}, **shared)
    bulk = Bulk()
    ways: dict[str, Callable[[], Awaitable[int]]] = {
        "frames, Orthanc itself": lambda: by_frame(direct, series),
        "frames, our addresses": lambda: by_frame(ours, series),
        "bulk": lambda: bulk(ours, series),
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, way in ways.items():
            started = time.perf_counter()
            received = await way()
            if turn:
                took[name].append(time.perf_counter() - started)
        del received
    for name, times in took.items():
        print(f"{name:24} median {statistics.median(times):6.3f} s   best {min(times):6.3f} s")
    base = statistics.median(took["bulk"])
    for name in list(took)[:2]:
        print(
            f"bulk / {name:24} {base / statistics.median(took[name]):.2f}   (wanted: at most 0.33)"
        )
    print(f"first slice after {1000 * statistics.median(bulk.first[1:]):.0f} ms", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--slices", type=int, default=100)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f} before", flush=True)
    series = ct_series(arguments.slices, size=arguments.size)
    with (
        tempfile.TemporaryDirectory() as folder,
        product(Path(folder), processes=("web", "intake")) as stack,
    ):
        with stack.orthanc.client() as archive:
            for file in series.files:
                archive.post("/instances", content=file).raise_for_status()
        with stack.client() as api:
            address = f"series/{series.series_uid}"
            wait_until(
                lambda: api.get(address).json().get("complete") is True,
                what="the index",
                patience_s=60,
            )
        asyncio.run(measure(stack, series, arguments.rounds))
    print(f"load {os.getloadavg()[0]:.1f} after")


if __name__ == "__main__":
    main()
