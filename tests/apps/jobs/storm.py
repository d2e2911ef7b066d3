"""Many threads at one job, run as a process of its own on the database of the environment."""

# ruff: noqa: E402 - Django is set up before its models are imported
from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import django

django.setup()

from django.core.management import call_command
from django.db import connection

from apps.jobs.lease import Lease
from apps.jobs.models import Job, JobEvent
from apps.jobs.services.append import job_events_append
from apps.jobs.services.cancel import job_cancel
from apps.jobs.services.create import job_create
from apps.jobs.services.positions import positions_announce
from apps.jobs.services.start import job_start

THREADS, EACH = 6, 15


def start(job: Job) -> Lease | None:
    try:
        return job_start(job.pk, worker="w")
    finally:
        connection.close()


def append(lease: Lease) -> None:
    try:
        for number in range(EACH):
            row = ("log", {"level": "info", "code": "n", "text": str(number)})
            job_events_append(lease, [row])
            if number == EACH // 2:
                job_cancel(lease.job_id)
                positions_announce()
    finally:
        connection.close()


def main() -> None:
    call_command("migrate", verbosity=0)
    job = job_create(user=None, pipeline="p", version="1", inputs={}, params={})
    with ThreadPoolExecutor(THREADS) as pool:
        leases = [lease for lease in pool.map(start, [job] * THREADS) if lease is not None]
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(append, leases[:1] * THREADS))
    job.refresh_from_db()
    numbers = list(JobEvent.objects.filter(job=job).order_by("seq").values_list("seq", flat=True))
    json.dump({"leases": len(leases), "numbers": numbers, "head": job.head}, sys.stdout)


if __name__ == "__main__":
    main()
