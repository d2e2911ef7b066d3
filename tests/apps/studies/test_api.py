"""The REST interface of studies and series, over rows and over the real Orthanc."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.pacs import trail
from apps.studies import extensions
from apps.studies.api import serializers as s
from apps.studies.models import Annotation, Series, Study
from tests.factories.dicom import SeriesFiles, ct_series
from tests.factories.studies import studies_fill
from tests.support.orthanc import Orthanc

AsUser = Callable[[User], APIClient]
LIST = "/api/v1/studies"


@pytest.fixture(autouse=True)
def no_sitting() -> None:
    trail._seen.clear()


@pytest.mark.django_db
class TestList:
    @pytest.fixture
    def client(self, as_user: AsUser, clinician: User) -> APIClient:
        studies_fill(30)
        return as_user(clinician)

    def test_it_has_the_shape_that_the_schema_tells(self, client: APIClient) -> None:
        body = client.get(LIST, {"limit": 3}).json()
        shape = s.StudySerializer(data=body["results"], many=True)
        assert shape.is_valid(), shape.errors
        assert set(body["results"][0]) == set(s.StudySerializer().fields)
        assert body["total"] == 30

    @pytest.mark.parametrize("sort", ["study_date", "-patient_name", "-received_at", "received_at"])
    def test_pages_follow_each_other_without_gap_or_repeat(
        self, client: APIClient, sort: str
    ) -> None:
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = client.get(LIST, {"sort": sort, "limit": "7", "cursor": cursor}).json()
            seen += [row["study_uid"] for row in page["results"]]
            cursor = page["next"]
        column = {"study_date": "date_key", "patient_name": "name_key"}
        field = column.get(sort.lstrip("-"), "received_at")
        sign = "-" if sort.startswith("-") else ""
        expected = Study.objects.order_by(f"{sign}{field}", f"{sign}id")
        assert seen == list(expected.values_list("study_uid", flat=True))

    def test_the_number_of_queries_does_not_grow(self, client: APIClient) -> None:
        counts = []
        for limit in (1, 30):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                client.get(LIST, {"limit": limit, "q": "head", "modality": "MR"})
            counts.append(len(queries))
        assert counts[0] == counts[1]

    @pytest.mark.parametrize(
        "query",
        [{"sort": "colour"}, {"date_from": "yesterday"}, {"limit": "0"}, {"cursor": "rubbish"}],
    )
    def test_what_cannot_be_meant_is_refused(
        self, client: APIClient, query: dict[str, str]
    ) -> None:
        answer = client.get(LIST, query)
        assert answer.status_code == 400
        assert answer["content-type"] == "application/problem+json"

    def test_what_other_apps_know_is_shown(
        self, client: APIClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Drafts:
            def briefs(self, study_uids: Any) -> dict[str, dict[str, Any]]:
                return {study_uids[0]: {"has_draft": True}}

            def details(self, study_uid: str) -> dict[str, list[dict[str, Any]]]:
                return {"drafts": [{"id": "d"}]}

            def remove(self, study_uid: str) -> None:
                raise AssertionError(study_uid)

        monkeypatch.setattr(extensions, "_extensions", {})
        extensions.study_extension_add("drafts", Drafts())
        rows = client.get(LIST, {"limit": 2}).json()["results"]
        assert [row["has_draft"] for row in rows] == [True, False]
        study = client.get(f"{LIST}/{rows[0]['study_uid']}").json()
        assert (study["drafts"], study["jobs"]) == ([{"id": "d"}], [])


@pytest.mark.django_db
def test_what_is_not_there_is_not_found(as_user: AsUser, clinician: User) -> None:
    client = as_user(clinician)
    for address in ("studies/1.2.3", "series/1.2", "series/1.2/geometry", "series/1.2/volume"):
        answer = client.get(f"/api/v1/{address}")
        assert answer.status_code == 404, address
        assert answer.json()["code"].endswith("_not_found")


@pytest.mark.django_db
def test_a_series_that_still_arrives_has_no_geometry_yet(as_user: AsUser, clinician: User) -> None:
    studies_fill(1)
    series = Series.objects.get()
    answer = as_user(clinician).get(f"/api/v1/series/{series.series_uid}/geometry")
    assert (answer.status_code, answer.json()["code"]) == (404, "series_incomplete")


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
class TestStored:
    @pytest.fixture
    def series(self, indexed: Callable[[SeriesFiles], None]) -> SeriesFiles:
        made = ct_series(4)
        indexed(made)
        return made

    def test_a_study_with_its_series(
        self, series: SeriesFiles, as_user: AsUser, clinician: User
    ) -> None:
        client = as_user(clinician)
        for _ in range(2):
            study = client.get(f"{LIST}/{series.study_uid}").json()
        assert set(study) == set(s.StudyDetailSerializer().fields)
        (row,) = study["series"]
        assert set(row) == set(s.SeriesSerializer().fields)
        assert row["geometry"] == {
            "kind": "regular",
            "spacing": [1.0, 0.5, 0.75],
            "slices": 4,
            "reason": "",
        }
        assert AuditEntry.objects.filter(action="study.view").count() == 1

    def test_geometry_and_instances_agree(
        self, series: SeriesFiles, as_user: AsUser, clinician: User
    ) -> None:
        client = as_user(clinician)
        grid = client.get(f"/api/v1/series/{series.series_uid}/geometry").json()
        assert set(grid) == set(s.GridSerializer().fields)
        assert grid["dimensions"] == [16, 16, 4]
        assert grid["sop_instance_uids"] == series.sop_uids[::-1]
        assert grid["frames"] == [1, 1, 1, 1]
        instances = client.get(f"/api/v1/series/{series.series_uid}/instances").json()
        assert [row["sop_instance_uid"] for row in instances] == grid["sop_instance_uids"]
        assert [row["position"][2] for row in instances] == [0.0, 1.0, 2.0, 3.0]

    def test_a_header_is_readable(
        self, series: SeriesFiles, as_user: AsUser, clinician: User
    ) -> None:
        client = as_user(clinician)
        header = client.get(f"/api/v1/instances/{series.sop_uids[0]}/header").json()
        shown = {row["keyword"]: row for row in header}
        assert shown["PatientName"]["value"] == "Test^Patient"
        assert shown["PixelSpacing"] == {
            "tag": "(0028,0030)",
            "vr": "DS",
            "keyword": "PixelSpacing",
            "value": "0.5\\0.75",
        }
        assert client.get("/api/v1/instances/1.2.3/header").status_code == 404

    def test_each_way_to_look_at_a_study_is_recorded(
        self, series: SeriesFiles, as_user: AsUser, clinician: User
    ) -> None:
        client = as_user(clinician)
        for number, address in enumerate(
            (
                f"series/{series.series_uid}/geometry",
                f"series/{series.series_uid}/instances",
                f"series/{series.series_uid}/volume",
                f"instances/{series.sop_uids[0]}/header",
                f"studies/{series.study_uid}/annotations",
            ),
            start=1,
        ):
            trail._seen.clear()
            assert client.get(f"/api/v1/{address}").status_code == 200
            views = AuditEntry.objects.filter(action="study.view", study_uid=series.study_uid)
            assert views.count() == number, address

    def test_only_an_administrator_deletes_and_only_on_purpose(
        self,
        series: SeriesFiles,
        orthanc: Orthanc,
        as_user: AsUser,
        clinician: User,
        administrator: User,
    ) -> None:
        address = f"{LIST}/{series.study_uid}"
        confirmed = {"X-Confirm": series.study_uid}
        assert as_user(clinician).delete(address, headers=confirmed).status_code == 403
        client = as_user(administrator)
        assert client.delete(address).json()["code"] == "confirmation_needed"
        assert client.delete(address, headers=confirmed).status_code == 204
        assert not Study.objects.exists()
        with orthanc.client() as direct:
            assert direct.get("/studies").json() == []
        (entry,) = AuditEntry.objects.filter(action="study.delete")
        assert (entry.actor_id, entry.study_uid) == (str(administrator.pk), series.study_uid)

    def test_measurements_come_back_and_conflicts_are_told(
        self, series: SeriesFiles, as_user: AsUser, clinician: User, researcher: User
    ) -> None:
        address = f"{LIST}/{series.study_uid}/annotations"
        drawn = {
            "tool": "Length",
            "series_uid": series.series_uid,
            "sop_instance_uid": series.sop_uids[0],
            "geometry": {"points": [[0, 0, 0], [3, 4, 0]]},
            "value": 5.0,
            "unit": "mm",
        }
        first, second = as_user(clinician), as_user(researcher)
        made = first.post(address, drawn).json()
        assert set(made) == set(s.AnnotationSerializer().fields)
        assert (made["author"], made["version"]) == ("clara", 1)
        one = f"/api/v1/annotations/{made['id']}"
        changed = second.put(one, {**drawn, "value": 6.0, "version": 1})
        assert (changed.status_code, changed.json()["version"]) == (200, 2)
        late = first.put(one, {**drawn, "value": 7.0, "version": 1})
        assert (late.status_code, late.json()["code"]) == (409, "version_conflict")
        (kept,) = first.get(address).json()
        assert (kept["value"], kept["geometry"]) == (6.0, drawn["geometry"])
        assert second.delete(one).status_code == 204
        assert second.delete(one).status_code == 404
        actions = AuditEntry.objects.filter(object_type="annotation").order_by("seq")
        assert [entry.action for entry in actions] == [
            "annotation.create",
            "annotation.update",
            "annotation.delete",
        ]

    @pytest.mark.parametrize(
        "change",
        [
            {"geometry": "a line"},
            {"geometry": {"points": "9" * 70_000}},
            {"series_uid": "1.2.3"},
            {"tool": ""},
            {"value": "long"},
        ],
    )
    def test_a_measurement_that_makes_no_sense_is_refused(
        self, series: SeriesFiles, as_user: AsUser, clinician: User, change: dict[str, Any]
    ) -> None:
        drawn = {"tool": "Angle", "series_uid": series.series_uid, "geometry": []}
        answer = as_user(clinician).post(
            f"{LIST}/{series.study_uid}/annotations", {**drawn, **change}
        )
        assert answer.status_code in (400, 404)
        assert not Annotation.objects.exists()
