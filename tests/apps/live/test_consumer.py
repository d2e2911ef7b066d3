"""The live protocol, CONTRACT by CONTRACT sentence, against the real Redis."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from apps.accounts.models import User
from apps.accounts.services import token_create
from apps.core.doorbell import ring
from apps.jobs.lease import Lease
from apps.jobs.models import Job
from apps.jobs.projection import apply, empty
from apps.jobs.services.append import job_events_append
from apps.jobs.services.compact import job_compact
from apps.jobs.services.finish import job_finish
from apps.live.consumer import LiveConsumer
from apps.live.protocol import MAX_FRAME_BYTES, WINDOW
from apps.live.tickets import ticket_issue
from tests.apps.live.conftest import HOST, Connect, Frame, LiveClient, in_thread

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

Running = tuple[Job, Lease]
append = in_thread(job_events_append)
finish = in_thread(job_finish)


def _logs(count: int, text: str = "x") -> list[tuple[str, dict[str, Any]]]:
    return [("log", {"level": "info", "code": "n", "text": text})] * count


async def _open(client: LiveClient, job: Job, **more: Any) -> Frame:
    await client.say(type="subscribe", stream=job.stream, **more)
    opened = await client.hear()
    assert opened["type"] == "stream.opened", opened
    return opened


async def test_welcome_then_replay_then_live(
    connect: Connect, clinician: User, running: Running
) -> None:
    job, lease = running
    async with connect(clinician) as client:
        await client.say(type="hello", resume=[])
        assert await client.hear() == {"type": "welcome", "v": 1, "heartbeat_s": 15}
        opened = await _open(client, job)
        assert (opened["epoch"], opened["head"]) == (job.epoch, 2)
        first = await client.events(job.stream, 2)
        assert [event["type"] for event in first] == ["job.queued", "job.started"]
        await append(lease, _logs(3))
        assert [event["seq"] for event in await client.events(job.stream, 5)] == [3, 4, 5]


async def test_resume_in_hello_gives_only_what_is_missing(
    connect: Connect, clinician: User, running: Running
) -> None:
    job, lease = running
    await append(lease, _logs(10))
    async with connect(clinician) as client:
        resume = [{"stream": job.stream, "after": 7, "epoch": job.epoch}]
        await client.say(type="hello", resume=resume)
        assert (await client.hear())["type"] == "welcome"
        assert (await client.hear())["type"] == "stream.opened"
        events = await client.events(job.stream, 12)
        assert [event["seq"] for event in events] == [8, 9, 10, 11, 12]


async def test_pages_hold_at_most_200(connect: Connect, clinician: User, running: Running) -> None:
    job, lease = running
    await append(lease, _logs(500))
    async with connect(clinician) as client:
        await _open(client, job)
        sizes: list[int] = []
        seen = 0
        while seen < 502:
            frame = await client.hear()
            sizes.append(len(frame["events"]))
            seen = frame["events"][-1]["seq"]
            await client.say(type="ack", stream=job.stream, seq=seen)
        assert max(sizes) <= 200
        assert sum(sizes) == 502


async def test_no_gap_while_others_append(
    connect: Connect, clinician: User, running: Running
) -> None:
    job, lease = running

    async def write() -> None:
        for _ in range(60):
            await append(lease, _logs(3))
            await asyncio.sleep(0.002)
        await finish(lease, "succeeded")

    async with connect(clinician) as client:
        writing = asyncio.create_task(write())
        await asyncio.sleep(0.05)
        await client.say(type="subscribe", stream=job.stream, after=0)
        state = empty(job.stream)
        while state["state"] != "succeeded":
            frame = await client.hear()
            for event in frame.get("events", []):
                assert event["seq"] == state["seq"] + 1
                state = apply(state, event)
            await client.say(type="ack", stream=job.stream, seq=state["seq"])
        await writing
        assert state["seq"] == 2 + 180 + 1
        assert len(state["logs"]) == 180


async def test_client_that_does_not_ack_gets_the_window_and_no_more(
    connect: Connect, clinician: User, running: Running
) -> None:
    job, lease = running
    await append(lease, _logs(400))
    async with connect(clinician) as client:
        await _open(client, job)
        events = await client.events(job.stream, WINDOW, ack=False)
        assert len(events) == WINDOW
        assert await client.silent()
        await append(lease, _logs(50))
        assert await client.silent()
        await client.say(type="ack", stream=job.stream, seq=100)
        more = await client.events(job.stream, WINDOW + 100, ack=False)
        assert [event["seq"] for event in more] == list(range(WINDOW + 1, WINDOW + 101))
        assert await client.silent()
        await client.say(type="ack", stream=job.stream, seq=10**9)
        assert (await client.events(job.stream, 452))[-1]["seq"] == 452


async def test_finished_stream_is_closed_after_the_ack(
    connect: Connect, clinician: User, running: Running
) -> None:
    job, lease = running
    await finish(lease, "succeeded")
    async with connect(clinician) as client:
        await _open(client, job)
        events = await client.events(job.stream, 3)
        assert events[-1]["type"] == "job.finished"
        await client.say(type="ping")
        assert await client.hear() == {"type": "pong"}
        ring(job.stream, 99)
        assert await client.silent()


async def test_other_epoch_resets(connect: Connect, clinician: User, running: Running) -> None:
    job, lease = running
    await append(lease, _logs(5))
    async with connect(clinician) as client:
        opened = await _open(client, job, after=3, epoch="other")
        reset = await client.hear()
        assert reset["type"] == "stream.reset"
        assert (reset["epoch"], reset["seq"]) == (opened["epoch"], 7)
        assert reset["snapshot"]["state"] == "running"
        await append(lease, _logs(1))
        assert [event["seq"] for event in await client.events(job.stream, 8)] == [8]


async def test_compacted_stream_resets_new_and_late_watchers(
    connect: Connect, clinician: User, running: Running
) -> None:
    job, lease = running
    await append(lease, [("step.progress", {"step": "a", "fraction": 0.5}), *_logs(2)])
    await finish(lease, "succeeded")
    await in_thread(job_compact)(job.pk)
    async with connect(clinician) as client:
        for after in (0, 4):
            await _open(client, job, after=after)
            reset = await client.hear()
            assert reset["type"] == "stream.reset"
            assert (reset["seq"], reset["snapshot"]["state"]) == (6, "succeeded")


async def test_compaction_under_a_lagging_watcher_resets_it(
    connect: Connect, clinician: User, running: Running
) -> None:
    job, lease = running
    await append(lease, _logs(400))
    await finish(lease, "succeeded")
    async with connect(clinician) as client:
        await _open(client, job)
        await client.events(job.stream, WINDOW, ack=False)
        await in_thread(job_compact)(job.pk)
        await client.say(type="ack", stream=job.stream, seq=WINDOW)
        reset = await client.hear()
        assert (reset["type"], reset["seq"]) == ("stream.reset", 403)
        assert len(reset["snapshot"]["logs"]) == 400


async def test_lost_doorbell_is_made_good_by_the_heartbeat(
    connect: Connect, clinician: User, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, lease = running
    monkeypatch.setattr(LiveConsumer, "heartbeat_s", 0.3)
    monkeypatch.setattr("apps.core.doorbell.ring", lambda *_: None)
    async with connect(clinician) as client:
        await _open(client, job)
        await client.events(job.stream, 2)
        await append(lease, _logs(2))
        beat = await client.hear_until(lambda frame: frame["type"] == "heartbeat")
        assert beat["heads"] == {job.stream: 4}
        assert [event["seq"] for event in await client.events(job.stream, 4)] == [3, 4]


async def test_permission_lost_while_watching(
    connect: Connect, clinician: User, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, lease = running
    monkeypatch.setattr(LiveConsumer, "heartbeat_s", 0.2)
    async with connect(clinician) as client:
        await _open(client, job)
        await client.events(job.stream, 2)
        await in_thread(User.objects.filter(pk=clinician.pk).update)(roles=[])
        error = await client.hear_until(lambda frame: frame["type"] == "error")
        assert (error["code"], error["stream"]) == ("permission_denied", job.stream)
        await append(lease, _logs(2))
        for _ in range(3):
            assert (await client.hear())["type"] == "heartbeat"


async def test_disabled_account_is_cut_off(
    connect: Connect, clinician: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LiveConsumer, "heartbeat_s", 0.2)
    async with connect(clinician) as client:
        await in_thread(User.objects.filter(pk=clinician.pk).update)(is_active=False)
        assert (await client.hear())["code"] == "permission_denied"
        assert await client.closed_with() == 4401


async def test_who_may_not_see_gets_an_error_and_no_event(
    connect: Connect, nobody: User, clinician: User, running: Running
) -> None:
    job, _lease = running
    async with connect(nobody) as client:
        for stream in (job.stream, "studies"):
            await client.say(type="subscribe", stream=stream)
            error = await client.hear()
            assert (error["type"], error["code"]) == ("error", "permission_denied")
    async with connect(clinician) as client:
        for stream in ("job:00000000-0000-4000-8000-000000000000", "job:x", "elsewhere"):
            await client.say(type="subscribe", stream=stream)
            error = await client.hear()
            assert (error["code"], error["stream"]) == ("not_found", stream)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "invalid_frame"),
        ("{", "invalid_frame"),
        ("[]", "invalid_frame"),
        ("null", "invalid_frame"),
        ("[" * 5000, "invalid_frame"),
        ('{"type":"shout"}', "unknown_frame"),
        ('{"type":["hello"]}', "unknown_frame"),
        ('{"type":"subscribe"}', "invalid_frame"),
        ('{"type":"subscribe","stream":7}', "invalid_frame"),
        ('{"type":"subscribe","stream":"studies","after":-1}', "invalid_frame"),
        ('{"type":"subscribe","stream":"studies","after":true}', "invalid_frame"),
        ('{"type":"subscribe","stream":"studies","epoch":1}', "invalid_frame"),
        ('{"type":"ack","stream":"studies"}', "invalid_frame"),
        ('{"type":"hello","resume":{}}', "invalid_frame"),
        ('{"type":"hello","resume":[1]}', "invalid_frame"),
    ],
)
async def test_frames_that_make_no_sense_are_answered(
    connect: Connect, clinician: User, text: str, code: str
) -> None:
    async with connect(clinician) as client:
        await client.send(text=text)
        assert (await client.hear())["code"] == code
        await client.say(type="ping")
        assert await client.hear() == {"type": "pong"}


async def test_binary_and_oversized_frames(connect: Connect, clinician: User) -> None:
    async with connect(clinician) as client:
        await client.send(binary=b"\x00\x01")
        assert (await client.hear())["code"] == "invalid_frame"
        await client.send(text="x" * (MAX_FRAME_BYTES + 1))
        assert (await client.hear())["code"] == "frame_too_large"
        assert await client.closed_with() == 1009


async def test_studies_hint(connect: Connect, clinician: User) -> None:
    async with connect(clinician) as client:
        await client.say(type="subscribe", stream="studies")
        assert (await client.hear())["type"] == "stream.opened"
        for head in range(1, 30):
            ring("studies", head)
        hint = await client.hear_until(lambda frame: frame.get("head") == 29)
        assert hint == {"type": "studies.changed", "stream": "studies", "head": 29}
        await client.say(type="unsubscribe", stream="studies")
        ring("studies", 30)
        assert await client.silent(0.7)


async def test_unsubscribed_stream_is_silent(
    connect: Connect, clinician: User, running: Running
) -> None:
    job, lease = running
    async with connect(clinician) as client:
        await _open(client, job)
        await client.events(job.stream, 2)
        await client.say(type="unsubscribe", stream=job.stream)
        await client.say(type="ping")
        assert await client.hear() == {"type": "pong"}
        await append(lease, _logs(1))
        assert await client.silent()


async def test_many_watchers_see_the_same(
    connect: Connect, clinician: User, running: Running
) -> None:
    job, lease = running
    async with connect(clinician) as one, connect(clinician) as two:
        await _open(one, job)
        await _open(two, job, after=1)
        await append(lease, _logs(20))
        assert await one.events(job.stream, 22) == [
            *(await one_from_rows(job)),
        ]
        assert (await two.events(job.stream, 22))[0]["seq"] == 2


async def one_from_rows(job: Job) -> list[Frame]:
    from apps.jobs.selectors import stream_page

    page = await in_thread(stream_page)(job.pk, after=0)
    assert page is not None
    return [json.loads(json.dumps(event)) for event in page.events]


# Who gets in at all


async def _accepted(headers: list[tuple[bytes, bytes]], path: str = "/ws/v1/live") -> bool:
    client = LiveClient(path, headers)
    accepted = await client.connect()
    await client.disconnect()
    return accepted


async def test_session_of_our_own_page_gets_in_and_others_do_not(
    redis: str, clinician: User, session_headers: Callable[[User], list[tuple[bytes, bytes]]]
) -> None:
    host, origin, cookie = await in_thread(session_headers)(clinician)
    assert await _accepted([host, origin, cookie])
    assert not await _accepted([host, origin])
    assert not await _accepted([host, cookie])
    assert not await _accepted([host, (b"origin", b"http://evil.example"), cookie])
    assert not await _accepted([host, (b"origin", b"http://localhost:3000"), cookie])
    evil = b"evil.example"
    assert not await _accepted([(b"host", evil), (b"origin", b"http://" + evil), cookie])
    assert not await _accepted([host, origin, (b"cookie", b"sessionid=nonsense")])


async def test_logout_ends_the_connection(
    redis: str,
    clinician: User,
    session_headers: Callable[[User], list[tuple[bytes, bytes]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(LiveConsumer, "heartbeat_s", 0.2)
    headers = await in_thread(session_headers)(clinician)
    client = LiveClient("/ws/v1/live", headers)
    assert await client.connect()
    assert (await client.hear())["type"] == "heartbeat"
    await in_thread(Session.objects.all().delete)()
    error = await client.hear_until(lambda frame: frame["type"] == "error")
    assert error["code"] == "permission_denied"
    assert await client.closed_with() == 4401
    await client.disconnect()


async def test_ticket_opens_once_and_no_longer_than_its_token(redis: str, clinician: User) -> None:
    ticket, _ends = await in_thread(ticket_issue)(clinician, None)
    assert await _accepted([HOST], f"/ws/v1/live?ticket={ticket}")
    assert not await _accepted([HOST], f"/ws/v1/live?ticket={ticket}")
    assert not await _accepted([HOST], "/ws/v1/live?ticket=forged")
    made = await in_thread(token_create)(user=clinician, name="t")
    token = await in_thread(clinician.tokens.get)()
    assert made.secret
    ticket, _ends = await in_thread(ticket_issue)(clinician, token)
    await in_thread(clinician.tokens.all().delete)()
    assert not await _accepted([HOST], f"/ws/v1/live?ticket={ticket}")
