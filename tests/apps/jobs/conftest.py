from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from apps.accounts.models import User
from apps.jobs.models import Job
from apps.jobs.services.create import job_create

MakeJob = Callable[..., Job]


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What would have gone to the broker."""
    messages: list[tuple[Any, ...]] = []
    monkeypatch.setattr(
        "apps.jobs.dispatch.current_app.send_task",
        lambda name, args, queue, **_: messages.append((name, args[0], queue)),
    )
    return messages


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user(username="rosa", password="x", roles=["clinician"])


@pytest.fixture
def make_job(user: User) -> MakeJob:
    def make(**changes: Any) -> Job:
        asked: dict[str, Any] = {
            "user": user,
            "pipeline": "draft_report",
            "version": "1.0.0",
            "inputs": {"image": "2.25.1"},
            "params": {},
            "study_uid": "2.25.2",
        }
        return job_create(**{**asked, **changes})

    return make
