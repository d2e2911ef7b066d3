from __future__ import annotations

import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from apps.accounts.models import User
from apps.audit.models import AuditEntry, AuditHead
from apps.audit.services import audit_record, chain_verify
from tests.factories.accounts import user_make


def _fill(user: User, count: int = 5) -> None:
    for number in range(count):
        audit_record(
            actor=user,
            action="study.view",
            object_type="study",
            object_id=number,
            study_uid=f"1.2.{number}",
            detail={"n": number, "text": "ä"},
        )


def test_entries_follow_from_each_other(clinician: User) -> None:
    _fill(clinician)
    assert chain_verify().broken_at is None
    assert chain_verify().entries == 5
    assert list(AuditEntry.objects.order_by("seq").values_list("seq", flat=True)) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "change",
    [
        {"action": "study.delete"},
        {"actor_name": "somebody else"},
        {"study_uid": "9.9"},
        {"detail": {"n": 7}},
        {"hash": "0" * 64},
        {"previous_hash": "0" * 64},
    ],
)
def test_a_changed_entry_is_named(clinician: User, change: dict[str, object]) -> None:
    _fill(clinician)
    AuditEntry.objects.filter(seq=3).update(**change)
    assert chain_verify().broken_at == 3
    with pytest.raises(CommandError, match="entry 3"):
        call_command("audit_verify")


@pytest.mark.parametrize("seq", [1, 3, 5])
def test_a_removed_entry_is_noticed_also_the_last(clinician: User, seq: int) -> None:
    _fill(clinician)
    AuditEntry.objects.filter(seq=seq).delete()
    assert chain_verify().broken_at == seq


def test_the_models_refuse_to_change_or_remove(clinician: User) -> None:
    _fill(clinician, 1)
    entry = AuditEntry.objects.get()
    with pytest.raises(TypeError):
        entry.save()
    with pytest.raises(TypeError):
        entry.delete()


def test_what_is_rolled_back_was_not_done(clinician: User) -> None:
    def fail() -> None:
        with transaction.atomic():
            _fill(clinician, 2)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    _fill(clinician, 1)
    assert chain_verify().entries == 1


def test_the_trail_outlives_the_account(clinician: User) -> None:
    _fill(clinician, 1)
    clinician.delete()
    assert AuditEntry.objects.get().actor_name == "clara"
    assert chain_verify().broken_at is None


@pytest.mark.django_db(transaction=True)
def test_many_at_once_keep_one_chain() -> None:
    user = user_make()

    def write() -> None:
        try:
            _fill(user, 8)
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert chain_verify().entries == 32
    assert chain_verify().broken_at is None
    assert AuditHead.objects.get().seq == 32
