"""A job from its making to its one end. Not covered here: real workers (see test_worker_lost)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from apps.jobs.lease import Lease, LeaseLost, cancel_requested, job_heartbeat
from apps.jobs.models import Job
from apps.jobs.services.append import job_events_append
from apps.jobs.services.cancel import job_cancel
from apps.jobs.services.finish import job_finish
from apps.jobs.services.interrupt import MAX_ATTEMPTS, PACS_WAITS, job_interrupt
from apps.jobs.services.positions import positions_announce
from apps.jobs.services.reap import expired_interrupt, lost_messages_resend
from apps.jobs.services.start import job_start
from apps.jobs.signals import job_finishing
from apps.jobs.states import IllegalTransition, Outcome
from tests.apps.jobs.conftest import MakeJob

LOG = ("log", {"level": "info", "code": "a", "text": "b"})


def _start(job: Job, worker: str = "w1") -> Lease:
    lease = job_start(job.pk, worker=worker)
    assert lease is not None
    return lease


def _types(job: Job) -> list[str]:
    return list(job.events.order_by("seq").values_list("type", flat=True))


def _numbers(job: Job) -> list[int]:
    return list(job.events.order_by("seq").values_list("seq", flat=True))


def _expire(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))


def test_from_queued_to_succeeded(make_job: MakeJob) -> None:
    job = make_job()
    lease = _start(job)
    job_events_append(lease, [LOG])
    job_finish(lease, "succeeded", result={"pipeline": "draft_report"})
    job.refresh_from_db()
    assert _types(job) == ["job.queued", "job.started", "log", "job.finished"]
    assert _numbers(job) == [1, 2, 3, 4]
    assert (job.state, job.head, job.progress) == ("succeeded", 4, 1.0)
    assert job.result == {"pipeline": "draft_report"}
    assert job.lease_token is None


@pytest.mark.django_db(transaction=True)
def test_message_goes_out_on_commit(make_job: MakeJob, sent: list[Any]) -> None:
    job = make_job()
    assert sent == [("apps.inference.tasks.job_run", str(job.pk), "gpu")]


def test_second_worker_gets_nothing(make_job: MakeJob) -> None:
    job = make_job()
    _start(job)
    assert job_start(job.pk, worker="w2") is None


def test_nothing_follows_the_end(make_job: MakeJob) -> None:
    job = make_job()
    lease = _start(job)
    job_finish(lease, "failed", code="out_of_memory", user_message="Too large.")
    with pytest.raises(LeaseLost):
        job_events_append(lease, [LOG])
    with pytest.raises(LeaseLost):
        job_finish(lease, "succeeded")
    job.refresh_from_db()
    assert _types(job)[-1] == "job.finished"
    assert (job.state, job.error_code) == ("failed", "out_of_memory")


def test_stale_lease_is_refused_everywhere(make_job: MakeJob) -> None:
    job = make_job()
    old = _start(job)
    _expire(job)
    assert expired_interrupt() == 1
    new = _start(job, "w2")
    for refused in (
        lambda: job_events_append(old, [LOG]),
        lambda: job_events_append(old, [LOG, LOG]),
        lambda: job_heartbeat(old),
        lambda: cancel_requested(old),
        lambda: job_interrupt(old, reason="x"),
        lambda: job_finish(old, "succeeded"),
    ):
        with pytest.raises(LeaseLost):
            refused()
    job_finish(new, "succeeded")
    job.refresh_from_db()
    assert _types(job).count("job.finished") == 1
    assert job.attempt == 2


def test_expired_lease_queues_again_and_sends_again(
    make_job: MakeJob, sent: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    job = make_job()
    _start(job)
    assert expired_interrupt() == 0
    _expire(job)
    with django_capture_on_commit_callbacks(execute=True):
        assert expired_interrupt() == 1
    assert expired_interrupt() == 0
    job.refresh_from_db()
    assert (job.state, job.attempt) == ("queued", 2)
    assert _types(job) == ["job.queued", "job.started", "job.interrupted", "job.queued"]
    assert sent[-1][1] == str(job.pk)


def test_renewed_lease_is_left_alone(make_job: MakeJob) -> None:
    job = make_job()
    lease = _start(job)
    _expire(job)
    job_heartbeat(lease)
    assert expired_interrupt() == 0


def test_gives_up_after_the_last_attempt(make_job: MakeJob) -> None:
    job = make_job()
    for _ in range(MAX_ATTEMPTS):
        _start(job)
        _expire(job)
        expired_interrupt()
    job.refresh_from_db()
    assert (job.state, job.error_code, job.attempt) == ("failed", "worker_lost", MAX_ATTEMPTS)
    assert _types(job)[-2:] == ["job.interrupted", "job.finished"]


def test_worker_that_is_shut_down_costs_no_attempt(make_job: MakeJob) -> None:
    job = make_job()
    for _ in range(2 * MAX_ATTEMPTS):
        job_interrupt(_start(job), reason="worker_shutdown")
    job.refresh_from_db()
    assert (job.state, job.attempt) == ("queued", 2 * MAX_ATTEMPTS + 1)
    for _ in range(MAX_ATTEMPTS):
        assert job.state == "queued"
        job_interrupt(_start(job), reason="worker_lost")
        job.refresh_from_db()
    assert (job.state, job.error_code) == ("failed", "worker_lost")


def test_job_waits_for_an_archive_that_is_away(
    make_job: MakeJob, sent: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    job = make_job()
    sent.clear()
    for wait in PACS_WAITS:
        with django_capture_on_commit_callbacks(execute=True):
            job_interrupt(_start(job), reason="pacs_unavailable", code="pacs_unavailable")
            lost_messages_resend()
        assert sent == []
        Job.objects.update(dispatched_at=F("dispatched_at") - wait - timedelta(seconds=16))
        with django_capture_on_commit_callbacks(execute=True):
            assert lost_messages_resend() == 1
        assert len(sent) == 1
        sent.clear()
    assert sum(PACS_WAITS, timedelta()) >= timedelta(minutes=5)


def test_cancel_while_queued_ends_at_once(make_job: MakeJob) -> None:
    job = make_job()
    job_cancel(job.pk)
    job_cancel(job.pk)
    job.refresh_from_db()
    assert _types(job) == ["job.queued", "job.finished"]
    assert (job.state, job.incomplete) == ("cancelled", False)
    assert job_start(job.pk, worker="w1") is None


def test_cancel_while_running_asks(make_job: MakeJob) -> None:
    job = make_job()
    lease = _start(job)
    assert not cancel_requested(lease)
    job_cancel(job.pk)
    assert cancel_requested(lease)
    job_finish(lease, "cancelled", code="cancelled", user_message="Stopped.", incomplete=True)
    last = job.events.order_by("seq").last()
    assert last is not None
    assert last.data["outcome"] == "cancelled"
    assert last.data["incomplete"] is True


def test_cancelled_job_of_a_dead_worker_is_not_run_again(make_job: MakeJob) -> None:
    job = make_job()
    _start(job)
    job_cancel(job.pk)
    _expire(job)
    expired_interrupt()
    job.refresh_from_db()
    assert (job.state, job.incomplete) == ("cancelled", True)


def test_finishing_twice_by_state_table_is_refused(make_job: MakeJob) -> None:
    from apps.jobs.services.finish import finish_locked

    job = make_job()
    job_cancel(job.pk)
    job.refresh_from_db()
    with pytest.raises(IllegalTransition):
        finish_locked(job, "succeeded")


def test_lost_message_is_sent_again(
    make_job: MakeJob, sent: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    job = make_job()
    sent.clear()
    assert lost_messages_resend() == 0
    Job.objects.filter(pk=job.pk).update(dispatched_at=timezone.now() - timedelta(minutes=1))
    with django_capture_on_commit_callbacks(execute=True):
        assert lost_messages_resend() == 1
    assert sent == [("apps.inference.tasks.job_run", str(job.pk), "gpu")]
    assert lost_messages_resend() == 0


def test_broker_away_does_not_lose_the_job(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr("apps.jobs.dispatch.current_app.send_task", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        job = make_job()
    job.refresh_from_db()
    assert job.state == "queued"


def test_positions_move_up_and_are_told_once(make_job: MakeJob) -> None:
    jobs = [make_job() for _ in range(3)]
    assert [Job.objects.get(pk=job.pk).position for job in jobs] == [1, 2, 3]
    assert positions_announce() == 0
    _start(jobs[0])
    assert positions_announce() == 2
    assert positions_announce() == 0
    last = jobs[2].events.order_by("seq").last()
    assert last is not None
    assert (last.type, last.data) == ("job.queued", {"attempt": 1, "position": 2})


def test_queues_are_counted_apart(make_job: MakeJob) -> None:
    make_job(queue="gpu")
    other = make_job(queue="io")
    assert other.position == 1


@pytest.mark.parametrize("outcome", ["succeeded", "cancelled"])
def test_what_hangs_on_the_end_cannot_prevent_it_but_spoils_a_success(
    make_job: MakeJob, outcome: Outcome
) -> None:
    def broken(**_: Any) -> None:
        raise RuntimeError("a receiver's own fault")

    job = make_job()
    lease = _start(job)
    job_finishing.connect(broken)
    try:
        job_finish(lease, outcome, result={"pipeline": "draft_report"})
    finally:
        job_finishing.disconnect(broken)
    job.refresh_from_db()
    last = job.events.order_by("seq").last()
    assert last is not None
    assert last.data["outcome"] == job.state
    if outcome == "succeeded":
        assert (job.state, job.error_code, job.incomplete) == ("failed", "internal_error", True)
        assert last.data["retryable"] is True
    else:
        assert job.state == "cancelled"


def test_deleted_job_is_lost_not_an_error(make_job: MakeJob) -> None:
    job = make_job()
    lease = _start(job)
    Job.objects.all().delete()
    for refused in (
        lambda: job_heartbeat(lease),
        lambda: cancel_requested(lease),
        lambda: job_events_append(lease, [LOG]),
        lambda: job_finish(lease, "succeeded"),
        lambda: job_interrupt(lease, reason="x"),
    ):
        with pytest.raises(LeaseLost):
            refused()
