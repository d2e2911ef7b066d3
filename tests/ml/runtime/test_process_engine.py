from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from ml.contracts.cancel import CancelToken
from ml.contracts.errors import (
    Cancelled,
    EngineDied,
    MlError,
    OutOfMemory,
    PipelineFailed,
    TimeLimit,
)
from ml.contracts.events import Event
from ml.contracts.request import RunRequest
from ml.runtime import process
from ml.runtime.process import ProcessEngine
from ml.runtime.registry import manifest_of

MakeRequest = Callable[..., RunRequest]


pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
# A child imports torch when it starts, which takes long on a machine that is busy otherwise.
START_SECONDS = 200


@pytest.fixture(scope="module")
def engine() -> Iterator[ProcessEngine]:
    """One engine for all tests: it must go on whatever the test before did to its child."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SYNOPTIC_EXTRA_PIPELINES", str(Path(__file__).parent / "pipelines"))
        opened = ProcessEngine(device="cpu")
        yield opened
        opened.close()


class Watched(threading.Thread):
    """A run in a thread of its own, and how it ended."""

    def __init__(self, engine: ProcessEngine, request: RunRequest) -> None:
        super().__init__(daemon=True)
        self.engine, self.request, self.cancel = engine, request, CancelToken()
        self.events: list[Event] = []
        self.error: MlError | None = None
        self.begun = threading.Event()
        self.start()

    def run(self) -> None:
        try:
            for event in self.engine.run(self.request, self.cancel):
                self.events.append(event)
                self.begun.set()
        except MlError as error:
            self.error = error


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def until(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_the_child_gives_the_same_events_as_the_local_engine(
    engine: ProcessEngine, make_request: MakeRequest
) -> None:
    events = list(engine.run(make_request("steady", ticks=2), CancelToken()))
    assert [event.type for event in events][-3:] == ["step.finished", "artifact.ready", "result"]
    assert events[-1].data["values"] == {"counted": 2}


def test_several_runs_go_on_at_once_in_one_child(
    engine: ProcessEngine, make_request: MakeRequest
) -> None:
    runs = [
        Watched(engine, make_request("steady", run_id=f"r{n}", ticks=20, pause=0.1))
        for n in range(4)
    ]
    assert all(run.begun.wait(START_SECONDS) for run in runs)
    pid = engine.pid
    for run in runs:
        run.join(60)
    assert [run.events[-1].type for run in runs] == ["result"] * 4
    assert engine.pid == pid
    # One after another they would take eight seconds.
    assert all(run.events[-1].data["timings"]["count"] < 6 for run in runs)


def test_a_run_that_looks_stops_and_keeps_its_child(
    engine: ProcessEngine, make_request: MakeRequest
) -> None:
    run = Watched(engine, make_request("steady", ticks=500, pause=0.05))
    assert run.begun.wait(START_SECONDS)
    pid, asked = engine.pid, time.monotonic()
    run.cancel.cancel()
    run.join(5)
    assert isinstance(run.error, Cancelled)
    assert time.monotonic() - asked < 1.0
    assert run.events[-1].data["incomplete"] is True
    assert engine.pid == pid


def test_a_run_that_noticed_may_take_longer_to_put_away_what_it_has(
    engine: ProcessEngine, make_request: MakeRequest
) -> None:
    run = Watched(engine, make_request("steady", ticks=500, pause=0.05, farewell=2.0))
    assert run.begun.wait(START_SECONDS)
    pid = engine.pid
    run.cancel.cancel()
    run.join(10)
    assert isinstance(run.error, Cancelled)
    assert run.events[-1].data["incomplete"] is True
    assert engine.pid == pid


def test_a_run_that_does_not_look_is_killed_within_two_seconds_and_its_neighbour_told(
    engine: ProcessEngine, make_request: MakeRequest
) -> None:
    stubborn = Watched(engine, make_request("stubborn", run_id="a"))
    neighbour = Watched(engine, make_request("steady", run_id="b", ticks=500, pause=0.05))
    assert stubborn.begun.wait(START_SECONDS)
    assert neighbour.begun.wait(START_SECONDS)
    first, asked = engine.pid, time.monotonic()
    stubborn.cancel.cancel()
    stubborn.join(5)
    assert time.monotonic() - asked < 2.0
    assert isinstance(stubborn.error, Cancelled)
    neighbour.join(5)
    assert isinstance(neighbour.error, EngineDied)
    assert not neighbour.error.permanent
    assert until(
        lambda: engine.alive and engine.pid != first, START_SECONDS
    )  # there again, unasked
    assert list(engine.run(make_request("steady"), CancelToken()))[-1].type == "result"


def test_a_killed_child_ends_its_runs_and_the_next_run_gets_a_new_one(
    engine: ProcessEngine, make_request: MakeRequest
) -> None:
    run = Watched(engine, make_request("steady", ticks=500, pause=0.05))
    assert run.begun.wait(START_SECONDS)
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGKILL)
    run.join(5)
    assert isinstance(run.error, EngineDied)
    assert list(engine.run(make_request("steady"), CancelToken()))[-1].type == "result"


def test_a_child_that_dies_takes_what_it_started_along(make_request: MakeRequest) -> None:
    """What it has forked holds its pipe open; the run is told all the same."""
    engine = ProcessEngine(device="cpu")
    try:
        run = Watched(engine, make_request("stubborn"))
        assert run.begun.wait(START_SECONDS)
        assert engine.pid is not None
        (forked,) = (one.pid for one in psutil.Process(engine.pid).children())
        os.kill(engine.pid, signal.SIGKILL)
        run.join(5)
        assert isinstance(run.error, EngineDied)
        assert until(lambda: not alive(forked), 5)
    finally:
        engine.close()


def test_a_run_over_its_time_is_ended(
    engine: ProcessEngine, make_request: MakeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a warm child, so that its start does not count
    list(engine.run(make_request("steady"), CancelToken()))
    short = replace(manifest_of("stubborn"), time_limit_s=0.3)
    monkeypatch.setattr(process, "manifest_of", lambda _name: short)
    with pytest.raises(TimeLimit):
        list(engine.run(make_request("stubborn"), CancelToken()))


def test_errors_cross_the_pipe_with_their_kind(
    engine: ProcessEngine, make_request: MakeRequest
) -> None:
    with pytest.raises(PipelineFailed, match="KeyError"):
        list(engine.run(make_request("broken", ticks=1), CancelToken()))
    with pytest.raises(OutOfMemory):
        list(engine.run(make_request("broken", ticks=2), CancelToken()))


def test_a_child_that_holds_too_much_memory_is_ended(make_request: MakeRequest) -> None:
    engine = ProcessEngine(device="cpu", limit_bytes=1 << 20)
    try:
        with pytest.raises(OutOfMemory):
            list(engine.run(make_request("stubborn"), CancelToken()))
    finally:
        engine.close()


def test_closing_leaves_no_child(make_request: MakeRequest) -> None:
    engine = ProcessEngine(device="cpu")
    list(engine.run(make_request("steady"), CancelToken()))
    pid = engine.pid
    assert pid is not None
    engine.close()
    assert not alive(pid)
    with pytest.raises(Cancelled):
        list(engine.run(make_request("steady"), CancelToken()))


PARENT = """
import sys, threading, time
from pathlib import Path
from ml.contracts.cancel import CancelToken
from ml.contracts.request import RunRequest
from ml.runtime.process import ProcessEngine

engine = ProcessEngine(device="cpu")
request = RunRequest(pipeline="stubborn", run_id="r", inputs={}, out_dir=Path(sys.argv[1]))
def start():
    for event in engine.run(request, CancelToken()):
        print(engine.pid, flush=True)
# Started from a thread that ends: the child must outlive that thread, and not its process.
threading.Thread(target=engine._current).start()
threading.Thread(target=start, daemon=True).start()
time.sleep(60)
"""


def test_a_killed_parent_leaves_no_child(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.kill()
    assert until(lambda: not alive(pid), 5.0)
