"""How much later a browser hears what the engine says.

    python -m tests.bench.latency [--seconds 12] [--watchers 1 50]

The real web process, Redis and a SQLite file; a worker's attendant tells events of a running job,
websocket clients hear them; both ends read one clock. Two loads, one after the other:

- steps: five events a second, each stored at once. What the machinery itself adds.
- tokens: fifteen a second, joined to at most ten rows a second as a draft's text is. What a
  person sees, the deliberate wait for the next row included.

Baseline: ping to pong on the same sockets, without database and Redis.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.support.stack import Stack, product

LOADS = {"steps": 0.2, "tokens": 1 / 15}
SETTLE_S = 1.0


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def told(values: list[float]) -> str:
    p50, p95 = statistics.median(values), percentile(values, 0.95)
    return f"p50 {p50 * 1e3:7.1f} ms  p95 {p95 * 1e3:7.1f} ms  ({len(values)} heard)"


class Speaker:
    """A worker in this process: it tells events through the same attendant as a real run."""

    def __init__(self) -> None:
        from apps.jobs.services.create import job_create
        from apps.jobs.services.start import job_start

        job = job_create(user=None, pipeline="bench", version="1", inputs={}, params={})
        lease = job_start(job.pk, worker="bench")
        if lease is None:
            raise RuntimeError("the job was not waiting")
        self.lease, self.stream = lease, job.stream

    def speak(self, load: str, seconds: float) -> None:
        from apps.inference.attendant import Attendant

        with Attendant(self.lease) as attendant:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                said = f"{time.time_ns()} "
                if load == "tokens":
                    attendant.tell("message.delta", {"message": "m", "text": said})
                else:
                    attendant.tell("log", {"level": "info", "code": "bench", "text": said})
                time.sleep(LOADS[load])


async def hear(
    socket: ClientConnection, stream: str, heard: list[float], pongs: list[float]
) -> None:
    await socket.send(json.dumps({"type": "hello", "resume": [{"stream": stream, "after": 0}]}))
    asked = 0.0
    async for text in socket:
        now = time.time_ns()
        frame: dict[str, Any] = json.loads(text)
        if frame["type"] == "pong":
            pongs.append(time.monotonic() - asked)
        if frame["type"] != "events":
            continue
        for event in frame["events"]:
            if event["type"] in {"log", "message.delta"}:
                stamps = event["data"]["text"].split()
                heard += [(now - int(stamp)) / 1e9 for stamp in stamps]
        seq = frame["events"][-1]["seq"]
        await socket.send(json.dumps({"type": "ack", "stream": stream, "seq": seq}))
        if seq % 5 == 0:
            asked = time.monotonic()
            await socket.send(json.dumps({"type": "ping"}))


async def measure(stack: Stack, load: str, watchers: int, seconds: float) -> None:
    speaker = await asyncio.to_thread(Speaker)
    heard: list[float] = []
    pongs: list[float] = []
    with stack.client() as api:
        tickets = [api.post("live/ticket").json()["ticket"] for _ in range(watchers)]
    address = f"ws://127.0.0.1:{stack.port}/ws/v1/live?ticket="
    sockets = [await connect(address + ticket, proxy=None) for ticket in tickets]
    tasks = [asyncio.create_task(hear(one, speaker.stream, heard, pongs)) for one in sockets]
    await asyncio.sleep(SETTLE_S)
    await asyncio.to_thread(speaker.speak, load, seconds)
    await asyncio.sleep(SETTLE_S)
    for socket in sockets:
        await socket.close()
    await asyncio.gather(*tasks, return_exceptions=True)
    ratio = percentile(heard, 0.95) / percentile(pongs, 0.95)
    print(f"{load:7} {watchers:3} watchers  {told(heard)}")
    print(f"        baseline ping    {told(pongs)}  ratio of p95 {ratio:.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--watchers", type=int, nargs="+", default=[1, 50])
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f} before", flush=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        product(Path(folder), processes=("web",)) as stack,
    ):
        os.environ.update(stack.environment)
        import django

        django.setup()
        for name in LOADS:
            for watchers in arguments.watchers:
                asyncio.run(measure(stack, name, watchers, arguments.seconds))
    print(f"load {os.getloadavg()[0]:.1f} after")


if __name__ == "__main__":
    main()
