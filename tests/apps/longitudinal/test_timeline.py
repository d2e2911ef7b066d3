"""All studies of a patient, and what was done to them."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.audit.services import chain_verify
from apps.longitudinal.models import Treatment
from apps.studies import extensions
from apps.studies.models import Patient, Series, Study
from tests.apps.longitudinal.conftest import AsUser, Compared, Predicted, Visit, series_make

pytestmark = pytest.mark.django_db
GIVEN = {"kind": "radiotherapy", "started_on": "2024-02-01", "note": "30 x 2 Gy"}


def _timeline(client: Any, series: Series) -> Any:
    return client.get(f"/api/v1/studies/{series.study.study_uid}/timeline").json()


def test_studies_of_the_patient_in_their_order(
    as_user: AsUser, clinician: User, visit: Visit
) -> None:
    last = visit("2024-06-01", sequence="FLAIR", device="ACME Two", synthetic=True)
    first = visit("2023-01-01", description="t1_mprage post GD")
    undated = visit(None, modality="CT")
    visit("2023-05-01", patient=Patient.objects.create(identity="other"))
    series_make(first.study, ai_generated=True, complete=False)
    series_make(first.study, kind="seg", modality="SEG")
    told = _timeline(as_user(clinician), undated)
    assert [one["date"] for one in told["studies"]] == ["2023-01-01", "2024-06-01"]
    assert [one["study_uid"] for one in told["undated"]] == [undated.study.study_uid]
    assert told["truncated"] is False
    original, made = told["studies"][0]["series"]
    assert (original["sequence"], original["device"]) == ("T1+C", None)
    assert (original["slices"], original["spacing_mm"]) == (64, [1, 1, 1])
    assert (made["ai_generated"], made["complete"]) == (True, False)
    shown = told["studies"][1]["series"][0]
    assert (shown["sequence"], shown["device"]) == ("FLAIR", "ACME Two")
    assert (shown["synthetic"], shown["ai_generated"]) == (True, False)
    assert told["undated"][0]["series"][0]["sequence"] is None
    assert last.study.study_uid != first.study.study_uid
    assert "P1" not in str(told)


def test_the_same_number_with_another_birth_date_is_somebody_else(
    as_user: AsUser, clinician: User, visit: Visit, predicted: Predicted
) -> None:
    mine = visit("2024-01-01", birth_date="1950-01-01")
    theirs = visit("2024-02-01", birth_date="1990-12-31")
    visit("2024-03-01")
    predicted(theirs)
    client = as_user(clinician)
    treated = f"/api/v1/studies/{theirs.study.study_uid}/treatments"
    assert client.post(treated, GIVEN, format="json").status_code == 201
    told = _timeline(client, mine)
    assert [one["date"] for one in told["studies"]] == ["2024-01-01", "2024-03-01"]
    assert (told["treatments"], told["predictions"]) == ([], [])
    of_mine = f"/api/v1/predictions?study_uid={mine.study.study_uid}"
    assert client.get(of_mine).json()["results"] == []
    theirs_told = _timeline(client, theirs)
    assert [len(theirs_told[name]) for name in ("treatments", "predictions")] == [1, 1]


@pytest.mark.parametrize("visits", [2, 9])
def test_a_timeline_costs_the_same_for_any_number(
    as_user: AsUser,
    clinician: User,
    visit: Visit,
    compared: Compared,
    predicted: Predicted,
    django_assert_num_queries: DjangoAssertNumQueries,
    visits: int,
) -> None:
    series = [visit(f"2024-0{number + 1}-01") for number in range(visits)]
    for earlier, later in itertools.pairwise(series):
        compared(earlier, later)
        predicted(earlier)
    client = as_user(clinician)
    _timeline(client, series[0])  # notes that the study is looked at
    # Session, user, study, studies, series, treatments, comparisons, predictions, scores.
    with django_assert_num_queries(9):
        told = _timeline(client, series[0])
    assert len(told["studies"]) == visits
    assert len(told["comparisons"]) == len(told["predictions"]) == visits - 1


def test_unknown_studies(as_user: AsUser, clinician: User) -> None:
    client = as_user(clinician)
    for address in ("timeline", "treatments", "tracks"):
        answer = client.get(f"/api/v1/studies/2.25.1/{address}")
        assert (answer.status_code, answer.json()["code"]) == (404, "study_not_found")


def test_treatments_are_entered_changed_and_removed(
    as_user: AsUser, clinician: User, visit: Visit
) -> None:
    earlier, later = visit("2024-01-01"), visit("2024-06-01")
    client = as_user(clinician)
    address = f"/api/v1/studies/{earlier.study.study_uid}/treatments"
    headers = {"Idempotency-Key": "k"}
    made, again = (client.post(address, GIVEN, format="json", headers=headers) for _ in range(2))
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json()["id"] == again.json()["id"]
    # Of the patient, not of the study.
    assert [one["note"] for one in _timeline(client, later)["treatments"]] == ["30 x 2 Gy"]

    one = f"/api/v1/treatments/{made.json()['id']}"
    changed = client.patch(one, {"ended_on": "2024-03-15"}, format="json")
    assert (changed.status_code, changed.json()["ended_on"]) == (200, "2024-03-15")
    assert changed.json()["note"] == "30 x 2 Gy"
    backwards = client.patch(one, {"ended_on": "2023-01-01"}, format="json")
    assert (backwards.status_code, backwards.json()["code"]) == (422, "treatment_dates")
    assert client.delete(one).status_code == 204
    assert client.delete(one).json()["code"] == "treatment_not_found"

    entries = AuditEntry.objects.filter(action__startswith="treatment.")
    assert [entry.action for entry in entries.order_by("seq")] == [
        "treatment.create",
        "treatment.update",
        "treatment.delete",
    ]
    assert "Gy" not in str([entry.detail for entry in entries])
    assert chain_verify().broken_at is None


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "prayer"},
        {"started_on": "soon"},
        {"started_on": None},
        {"note": "x" * 201},
        {"ended_on": "2024-13-01"},
    ],
)
def test_odd_treatments_are_refused(
    as_user: AsUser, clinician: User, visit: Visit, change: dict[str, Any]
) -> None:
    address = f"/api/v1/studies/{visit('2024-01-01').study.study_uid}/treatments"
    answer = as_user(clinician).post(address, {**GIVEN, **change}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")
    assert not Treatment.objects.exists()


def test_treatments_outlive_a_study_but_not_the_patient(
    as_user: AsUser, clinician: User, visit: Visit
) -> None:
    first, second = visit("2024-01-01"), visit("2024-06-01")
    for series in (first, second):
        address = f"/api/v1/studies/{series.study.study_uid}/treatments"
        as_user(clinician).post(address, GIVEN, format="json")
    gone = first.study.study_uid
    Study.objects.get(study_uid=gone).delete()
    extensions.remove(gone)
    kept = Treatment.objects.all()
    assert {row.study_uid for row in kept} == {second.study.study_uid}
    assert len(kept) == 2

    Study.objects.all().delete()
    Patient.objects.all().delete()
    extensions.remove(second.study.study_uid)
    assert not Treatment.objects.exists()
