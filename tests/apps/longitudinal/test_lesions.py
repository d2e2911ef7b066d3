"""Lesions through all comparisons, and what people say of them."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.longitudinal.models import Comparison, LesionCorrection, LesionTrack
from apps.longitudinal.services.tracks import lesions_write
from apps.longitudinal.tracking import Placed, matched
from tests.apps.longitudinal.conftest import AsUser, Compared, Visit, lesion

pytestmark = pytest.mark.django_db
A, B = [10.0, 0.0, 0.0], [60.0, 0.0, 0.0]
REASON = "Seen on the other sequence."


@pytest.fixture
def found(visit: Visit, compared: Compared) -> Comparison:
    """Two lesions: L1 stable, L2 new."""
    lesions = [lesion("1.1.L1", "stable", A), lesion("1.1.L2", "new", B, base_ml=0.0)]
    return compared(visit("2024-01-02"), visit("2025-01-02"), lesions=lesions)


def _correct(client: Any, row: Comparison, what: str, key: str = "", **more: Any) -> Any:
    body = {"what": what, "reason": REASON, **more}
    headers = {"Idempotency-Key": key} if key else {}
    address = f"/api/v1/comparisons/{row.pk}/corrections"
    return client.post(address, body, format="json", headers=headers)


def _lesions(told: Any) -> dict[str, Any]:
    return {one["name"]: one for one in told["lesions"]}


def test_a_run_begins_tracks(as_user: AsUser, clinician: User, found: Comparison) -> None:
    told = as_user(clinician).get(f"/api/v1/comparisons/{found.pk}").json()
    assert [one["name"] for one in told["lesions"]] == ["L1", "L2"]
    first = told["lesions"][0]
    assert (first["track"], first["run_track"], first["origin"]) == ("1.1.L1", "1.1.L1", "model")
    assert (first["state"], first["model_state"], first["corrections"]) == ("stable", "stable", [])
    assert found.summary["lesions"] == 2


def test_writing_twice_changes_nothing(found: Comparison) -> None:
    before = list(found.lesions.order_by("pk").values_list("pk", "track", "state"))
    assert found.content is not None
    lesions_write(found, found.content)
    assert list(found.lesions.order_by("pk").values_list("pk", "track", "state")) == before
    assert LesionTrack.objects.count() == 2


def test_another_run_goes_on_with_the_tracks(
    visit: Visit, compared: Compared, found: Comparison
) -> None:
    """The next visit is compared with the same base, and with the visit between: there the
    lesions lie where the registration (100 mm along x) puts them."""
    images = [found.base_series_uid, found.follow_series_uid]
    base, middle = (_series(uid) for uid in images)
    last = visit("2026-01-02")
    near = [[13.0, 4.0, 0.0], [60.0, 0.0, 9.9]]
    same_base = compared(
        base, last, lesions=[lesion(f"2.{i}", "stable", at) for i, at in enumerate(near)]
    )
    assert _tracks(same_base) == {"2.0": "1.1.L1", "2.1": "1.1.L2"}
    moved = [[x + 100.0, y, z] for x, y, z in near]
    chained = compared(
        middle,
        last,
        lesions=[
            *(lesion(f"3.{i}", "stable", at) for i, at in enumerate(moved)),
            lesion("3.9", "new", [110.0, 0.0, 25.0]),
        ],
    )
    assert _tracks(chained) == {"3.0": "1.1.L1", "3.1": "1.1.L2", "3.9": "3.9"}
    assert LesionTrack.objects.get(tracking_uid="3.9").name == "L3"


def _series(uid: str) -> Any:
    from apps.studies.models import Series

    return Series.objects.get(series_uid=uid)


def _tracks(comparison: Comparison) -> dict[str, str]:
    rows = comparison.lesions.values_list("run_uid", "track__tracking_uid")
    return dict(rows)


def test_a_tracking_uid_counts_more_than_a_place(
    visit: Visit, compared: Compared, found: Comparison
) -> None:
    base = _series(found.base_series_uid)
    again = compared(
        base,
        visit("2026-01-02"),
        lesions=[lesion("1.1.L2", "stable", A), lesion("4.1", "stable", [11.0, 0.0, 0.0])],
    )
    assert _tracks(again) == {"1.1.L2": "1.1.L2", "4.1": "1.1.L1"}


def test_lesions_that_are_too_far_or_of_others_are_new(
    visit: Visit, compared: Compared, found: Comparison
) -> None:
    base = _series(found.base_series_uid)
    far = compared(base, visit("2026-01-02"), lesions=[lesion("5.1", "stable", [10.0, 10.1, 0.0])])
    assert _tracks(far) == {"5.1": "5.1"}
    elsewhere = compared(
        visit("2026-02-02"), visit("2026-03-02"), lesions=[lesion("6.1", "stable", A)]
    )
    assert _tracks(elsewhere) == {"6.1": "6.1"}


def test_matching_is_one_to_one_and_the_nearest_wins() -> None:
    def at(key: str, x: float) -> Placed:
        return Placed(key=key, centres={"s": [x, 0.0, 0.0]})

    assert matched([at("a", 0.0), at("b", 3.0)], [at("t", 2.0)]) == {"b": "t"}
    assert matched([at("a", 0.0), at("b", 3.0)], [at("t", 2.0), at("u", -9.0)]) == {
        "b": "t",
        "a": "u",
    }
    assert matched([at("a", 0.0)], [Placed(key="t", centres={"other": [0.0, 0.0, 0.0]})]) == {}


def test_a_correction_stands_beside_what_the_model_found(
    as_user: AsUser, clinician: User, found: Comparison
) -> None:
    client = as_user(clinician)
    made = _correct(client, found, "state", "k", track="1.1.L1", value="enlarging")
    assert made.status_code == 201, made.json()
    told = _lesions(made.json())["L1"]
    assert (told["state"], told["model_state"]) == ("enlarging", "stable")
    correction = made.json()["corrections"][0]
    assert told["corrections"] == [correction["id"]]
    assert (correction["by"], correction["reason"]) == ("clara", REASON)
    again = _correct(client, found, "state", "k", track="1.1.L1", value="enlarging")
    assert (again.status_code, LesionCorrection.objects.count()) == (200, 1)
    entry = AuditEntry.objects.get(action="followup.correct")
    assert (entry.object_id, entry.detail["what"]) == (str(found.pk), "state")
    assert REASON not in str(entry.detail)

    back = _correct(client, found, "withdrawn", withdraws=correction["id"])
    assert _lesions(back.json())["L1"]["state"] == "stable"
    twice = _correct(client, found, "withdrawn", withdraws=correction["id"])
    assert (twice.status_code, twice.json()["code"]) == (409, "correction_withdrawn")
    assert [one["what"] for one in back.json()["corrections"]] == ["state", "withdrawn"]


def test_rejecting_and_merging(as_user: AsUser, clinician: User, found: Comparison) -> None:
    client = as_user(clinician)
    merged = _lesions(_correct(client, found, "merged", track="1.1.L2", value="1.1.L1").json())
    assert (merged["L2"]["state"], merged["L2"]["merged_into"]) == ("merged", "1.1.L1")
    assert (merged["L1"]["follow_ml"], merged["L1"]["model_follow_ml"]) == (4.0, 2.0)
    chain = _correct(client, found, "merged", track="1.1.L1", value="1.1.L2")
    assert (chain.status_code, chain.json()["code"]) == (422, "correction_refused")
    rejected = _lesions(_correct(client, found, "rejected", track="1.1.L2").json())
    assert rejected["L2"]["rejected"] is True
    assert rejected["L1"]["follow_ml"] == 2.0


def test_a_lesion_that_the_model_missed(
    as_user: AsUser, clinician: User, found: Comparison, compared: Compared
) -> None:
    place = {"centre_lps": [0, 0, 50], "state": "new", "base_ml": 0, "follow_ml": 0.4}
    client = as_user(clinician)
    added = _lesions(_correct(client, found, "added", lesion=place).json())["L3"]
    assert (added["origin"], added["state"], added["model_state"]) == ("person", "new", None)
    assert (added["follow_ml"], added["model_follow_ml"], added["run_track"]) == (0.4, None, None)
    # The next run over the same two images finds it too: one lesion, and the person's word holds.
    pair = (_series(found.base_series_uid), _series(found.follow_series_uid))
    again = compared(*pair, lesions=[lesion("7.1", "stable", [0.0, 1.0, 50.0])])
    told = client.get(f"/api/v1/comparisons/{again.pk}").json()["lesions"]
    assert [(one["track"], one["run_track"]) for one in told] == [(added["track"], "7.1")]
    assert (told[0]["state"], told[0]["model_state"]) == ("new", "stable")


def test_a_missed_lesion_may_have_a_name_or_be_known(
    as_user: AsUser, clinician: User, visit: Visit, compared: Compared, found: Comparison
) -> None:
    client = as_user(clinician)
    place = {"centre_lps": [0, 0, 50], "state": "enlarging", "base_ml": 0.2, "follow_ml": 0.4}
    named = _correct(client, found, "added", lesion={**place, "name": "Pons"})
    told = _lesions(named.json())["Pons"]
    assert (told["origin"], named.json()["corrections"][0]["name"]) == ("person", "Pons")
    twice = _correct(client, found, "added", lesion={**place, "name": "pons"})
    assert (twice.status_code, twice.json()["code"]) == (422, "correction_refused")

    # The next visit: the model finds nothing, and the person says that L1 is there still.
    later = compared(_series(found.base_series_uid), visit("2026-01-02"), lesions=[])
    known = _correct(client, later, "added", track="1.1.L1", lesion=place)
    assert known.status_code == 201, known.json()
    assert [one["track"] for one in known.json()["lesions"]] == ["1.1.L1"]
    tracks = client.get(f"/api/v1/studies/{later.base_study_uid}/tracks").json()["tracks"]
    points = next(one["points"] for one in tracks if one["track"] == "1.1.L1")
    assert [(point["ml"], point["corrected"]) for point in points][1:] == [
        (2.0, False),
        (0.4, True),
    ]
    again = _correct(client, later, "added", track="1.1.L1", lesion=place)
    strange = _correct(client, later, "added", track="9.9", lesion=place)
    assert [(one.status_code, one.json()["code"]) for one in (again, strange)] == [
        (422, "correction_refused"),
        (404, "lesion_not_found"),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"base_ml": 0, "follow_ml": 0},
        {"base_ml": 0.2, "state": "new"},
        {"base_ml": 0, "state": "stable"},
        {"follow_ml": 0, "state": "shrinking"},
        {"base_ml": 0.2, "state": "resolved"},
        {"base_ml": 0.2, "state": "merged"},
    ],
)
def test_a_missed_lesion_has_the_state_of_its_volumes(
    as_user: AsUser, clinician: User, found: Comparison, changes: dict[str, Any]
) -> None:
    place = {"centre_lps": [0, 0, 50], "state": "new", "base_ml": 0, "follow_ml": 0.4, **changes}
    answer = _correct(as_user(clinician), found, "added", lesion=place)
    assert (answer.status_code, answer.json()["code"]) == (422, "correction_refused")
    assert LesionTrack.objects.count() == 2


def test_a_missed_lesion_is_taken_back(as_user: AsUser, clinician: User, found: Comparison) -> None:
    client = as_user(clinician)
    place = {"centre_lps": [0, 0, 50], "state": "new", "base_ml": 0, "follow_ml": 0.4}
    made = _correct(client, found, "added", lesion=place).json()
    added, track = made["corrections"][0]["id"], _lesions(made)["L3"]["track"]
    merged = _correct(client, found, "merged", track="1.1.L2", value=track).json()
    early = _correct(client, found, "withdrawn", withdraws=added)
    assert (early.status_code, early.json()["code"]) == (422, "correction_refused")
    _correct(client, found, "withdrawn", withdraws=merged["corrections"][-1]["id"])
    gone = _correct(client, found, "withdrawn", withdraws=added)
    assert gone.status_code == 201
    assert list(_lesions(gone.json())) == ["L1", "L2"]
    # What was said, and that it was taken back, stays to be read.
    said = [(one["what"], one["name"]) for one in gone.json()["corrections"]]
    assert said == [("added", "L3"), ("merged", "L2"), ("withdrawn", "L2"), ("withdrawn", "L3")]


def test_no_run_overwrites_a_correction(
    as_user: AsUser, clinician: User, found: Comparison, compared: Compared
) -> None:
    client = as_user(clinician)
    _correct(client, found, "state", track="1.1.L1", value="shrinking")
    pair = (_series(found.base_series_uid), _series(found.follow_series_uid))
    again = compared(*pair, lesions=[lesion("8.1", "enlarging", A)])
    told = client.get(f"/api/v1/comparisons/{again.pk}").json()
    assert [(one["state"], one["model_state"]) for one in told["lesions"]] == [
        ("shrinking", "enlarging")
    ]
    assert told["corrections"][0]["comparison"] == str(found.pk)
    row = LesionCorrection.objects.get()
    with pytest.raises(TypeError):
        row.save()
    with pytest.raises(TypeError):
        row.delete()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"what": "state", "track": "1.1.L1", "value": "merged"}, 422, "correction_refused"),
        ({"what": "state", "track": "1.1.L1", "value": "better"}, 422, "correction_refused"),
        ({"what": "state", "track": "9.9", "value": "new"}, 404, "lesion_not_found"),
        ({"what": "merged", "track": "1.1.L1", "value": "1.1.L1"}, 422, "correction_refused"),
        ({"what": "added"}, 422, "correction_refused"),
        ({"what": "withdrawn"}, 404, "correction_not_found"),
        ({"what": "burnt", "track": "1.1.L1"}, 400, "validation_failed"),
        ({"what": "rejected", "track": "1.1.L1", "reason": " "}, 400, "validation_failed"),
    ],
)
def test_corrections_that_make_no_sense(
    as_user: AsUser,
    clinician: User,
    found: Comparison,
    body: dict[str, Any],
    status: int,
    code: str,
) -> None:
    answer = _correct(as_user(clinician), found, body.pop("what"), **body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not LesionCorrection.objects.exists()


def test_others_correct_nothing(
    as_user: AsUser, researcher: User, clinician: User, found: Comparison
) -> None:
    assert _correct(as_user(researcher), found, "rejected", track="1.1.L1").status_code == 403
    Comparison.objects.update(error_code="result_refused")
    early = _correct(as_user(clinician), found, "rejected", track="1.1.L1")
    assert (early.status_code, early.json()["code"]) == (409, "comparison_not_ready")


@pytest.mark.parametrize("visits", [3, 7])
def test_tracks_over_time_cost_the_same_for_any_number(
    as_user: AsUser,
    clinician: User,
    visit: Visit,
    compared: Compared,
    django_assert_num_queries: DjangoAssertNumQueries,
    visits: int,
) -> None:
    series = [visit(f"2024-0{number + 1}-01") for number in range(visits)]
    for number, later in enumerate(series[1:], start=1):
        found = [lesion(f"{number}.1", "enlarging", A, follow_ml=1.0 + number)]
        last = compared(series[0], later, lesions=found)
    client = as_user(clinician)
    address = f"/api/v1/studies/{series[0].study.study_uid}/tracks"
    client.get(address)
    # Session, user, study, comparisons, lesions, corrections.
    with django_assert_num_queries(6):
        tracks = client.get(address).json()["tracks"]
    assert [one["name"] for one in tracks] == ["L1"]
    points = tracks[0]["points"]
    assert [point["ml"] for point in points] == [1.0, *(2.0 + n for n in range(visits - 1))]
    assert [point["state"] for point in points] == [None, *["enlarging"] * (visits - 1)]
    _correct(client, last, "rejected", track=tracks[0]["track"])
    assert len(client.get(address).json()["tracks"][0]["points"]) == visits - 1
