from __future__ import annotations

import threading
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection

from apps.accounts.models import User
from apps.core.errors import ApiError, Conflict
from apps.core.idempotency import Outcome, idempotent_create
from apps.core.models import IdempotencyKey
from tests.factories.accounts import user_make

Make = Callable[..., Outcome]


@pytest.fixture
def make(clinician: User) -> Make:
    def call(key: str, body: object, create: Callable[[], str] | None = None) -> Outcome:
        return idempotent_create(
            user_id=clinician.pk,
            scope="jobs",
            key=key,
            body=body,
            create=create or (lambda: str(uuid4())),
        )

    return call


def test_the_same_request_makes_one_thing(make: Make) -> None:
    first = make("k", {"a": 1, "b": 2})
    again = make("k", {"b": 2, "a": 1})
    assert first.created
    assert again == Outcome(object_id=first.object_id, created=False)


def test_the_same_key_with_another_body_is_a_conflict(make: Make) -> None:
    make("k", {"a": 1})
    with pytest.raises(Conflict) as refused:
        make("k", {"a": 2})
    assert refused.value.code == "idempotency_conflict"


def test_without_a_key_every_request_counts(make: Make) -> None:
    assert make("", {}).object_id != make("", {}).object_id


def test_a_failure_frees_the_key(make: Make) -> None:
    def fail() -> str:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        make("k", {}, fail)
    assert make("k", {}).created


def test_people_do_not_share_keys(make: Make) -> None:
    make("k", {})
    other = user_make()
    outcome = idempotent_create(
        user_id=other.pk, scope="jobs", key="k", body={"x": 1}, create=lambda: "1"
    )
    assert outcome.created


@pytest.mark.parametrize("key", ["a" * 256, "a\nb", "a\0"])
def test_an_odd_key_is_refused(make: Make, key: str) -> None:
    with pytest.raises(ApiError):
        make(key, {})


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_time_make_one_thing() -> None:
    user = user_make()
    made: list[str] = []
    outcomes: list[Outcome] = []
    together = threading.Barrier(4)

    def create() -> str:
        made.append(str(uuid4()))
        return made[-1]

    def request() -> None:
        together.wait()
        try:
            outcomes.append(
                idempotent_create(user_id=user.pk, scope="jobs", key="k", body={}, create=create)
            )
        finally:
            connection.close()

    threads = [threading.Thread(target=request) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert {outcome.object_id for outcome in outcomes} == set(made)
    assert [outcome.created for outcome in outcomes].count(True) == 1
    assert IdempotencyKey.objects.count() == 1
