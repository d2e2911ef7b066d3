"""Tickets, and waiting for events by REST."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.test import AsyncClient
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.core.redis import redis_client
from apps.jobs.lease import Lease
from apps.jobs.models import Job
from apps.jobs.services.append import job_events_append
from apps.live.tickets import ticket_issue, ticket_redeem

LOG = ("log", {"level": "info", "code": "a", "text": "b"})
AsUser = Callable[[User], APIClient]


@pytest.mark.services
def test_ticket_is_for_who_may_watch(
    redis: str, as_user: AsUser, clinician: User, nobody: User
) -> None:
    answer = as_user(clinician).post("/api/v1/live/ticket")
    assert answer.status_code == 201
    body = ticket_redeem(answer.json()["ticket"])
    assert body is not None
    assert (body["user"], body["token"]) == (str(clinician.pk), None)
    assert as_user(nobody).post("/api/v1/live/ticket").status_code == 403
    assert APIClient().post("/api/v1/live/ticket").status_code in (401, 403)


@pytest.mark.services
def test_ticket_is_taken_once_by_all_processes_together(redis: str, clinician: User) -> None:
    ticket, _ends = ticket_issue(clinician, None)
    assert ticket_redeem(ticket) is not None
    # What another process would still hold to be new.
    cache.clear()
    redis_client.cache_clear()
    assert ticket_redeem(ticket) is None


@pytest.mark.services
def test_ticket_of_a_token_names_it(
    redis: str, with_token: Callable[[User], APIClient], clinician: User
) -> None:
    body = ticket_redeem(with_token(clinician).post("/api/v1/live/ticket").json()["ticket"])
    assert body is not None
    assert body["token"] == str(clinician.tokens.get().pk)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
async def test_long_poll_answers_when_the_doorbell_rings(
    redis: str, clinician: User, running: tuple[Job, Lease]
) -> None:
    job, lease = running
    client = AsyncClient()
    await sync_to_async(client.force_login)(clinician)
    path = f"/api/v1/jobs/{job.pk}/events"

    async def later() -> None:
        await asyncio.sleep(0.5)
        await sync_to_async(job_events_append)(lease, [LOG])

    began = time.monotonic()
    writing = asyncio.create_task(later())
    answer = await client.get(f"{path}?after=2&wait=20")
    took = time.monotonic() - began
    await writing
    assert [event["seq"] for event in answer.json()["events"]] == [3]
    assert 0.4 < took < 4.0

    began = time.monotonic()
    answer = await client.get(f"{path}?after=3&wait=0.4")
    assert answer.json()["events"] == []
    assert 0.3 < time.monotonic() - began < 3.0


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
async def test_long_poll_asks_the_policy(
    redis: str, nobody: User, running: tuple[Job, Lease]
) -> None:
    job, _lease = running
    client = AsyncClient()
    path = f"/api/v1/jobs/{job.pk}/events?after=2&wait=20"
    began = time.monotonic()
    assert (await client.get(path)).status_code in (401, 403)
    await sync_to_async(client.force_login)(nobody)
    assert (await client.get(path)).status_code == 403
    assert time.monotonic() - began < 4.0
