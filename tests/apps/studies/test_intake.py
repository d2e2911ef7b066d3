"""Intake against the real Orthanc: by every way in, and through every kind of failure."""

from __future__ import annotations

import io
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import CTImageStorage
from pynetdicom import AE
from pytest_django import Settings

from apps.core import doorbell
from apps.pacs.errors import PacsUnavailable
from apps.pacs.store import instance_remove, instance_store, series_remove, study_remove
from apps.studies.intake import register
from apps.studies.intake.follow import Follower
from apps.studies.models import IntakeCursor, Patient, Series, SeriesLayout, Study
from apps.studies.selectors import priors_of, study_get
from tests.factories.dicom import SeriesFiles, ct_series
from tests.support.orthanc import Orthanc, orthanc_server
from tests.support.processes import REPOSITORY, wait_until

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

Settle = Callable[..., None]
Indexed = Callable[[SeriesFiles], None]


def complete(series: SeriesFiles) -> Callable[[], bool]:
    return lambda: Series.objects.filter(series_uid=series.series_uid, complete=True).exists()


def c_store(orthanc: Orthanc, files: list[bytes], calling: str = "ANYBODY") -> None:
    entity = AE(ae_title=calling)
    entity.add_requested_context(CTImageStorage)
    association = entity.associate("127.0.0.1", orthanc.dicom_port, ae_title="SYNOPTIC")
    assert association.is_established
    for file in files:
        status = association.send_c_store(pydicom.dcmread(io.BytesIO(file)))
        assert status.Status == 0
    association.release()


def test_what_comes_by_c_store_is_indexed_at_once_and_completed_when_stable(
    orthanc: Orthanc, settle: Settle, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[tuple[str, int]] = []
    monkeypatch.setattr(doorbell, "ring", lambda stream, head: rung.append((stream, head)))
    series = ct_series(5, BodyPartExamined=None)
    c_store(orthanc, series.files)
    settle(lambda: Study.objects.filter(study_uid=series.study_uid).exists(), patience_s=2)
    settle(complete(series))
    study = study_get(series.study_uid)
    assert (study.patient.patient_id, study.patient_name) == ("TEST-1", "Test^Patient")
    assert (study.modalities, study.body_parts) == (["CT"], ["HEAD"])
    assert (study.series_count, study.instance_count) == (1, 5)
    row = Series.objects.get(series_uid=series.series_uid)
    assert (row.geometry_kind, row.geometry_spacing) == ("regular", [1.0, 0.5, 0.75])
    assert (row.transfer_syntax, row.frames) == ("1.2.840.10008.1.2.1", 5)
    layout = SeriesLayout.objects.get(series=row)
    assert [entry["sop"] for entry in layout.instances] == series.sop_uids[::-1]
    heads = [head for stream, head in rung if stream == "studies"]
    assert heads == sorted(heads)
    assert heads


def test_reading_the_same_changes_again_changes_nothing(
    indexed: Indexed, follower: Follower
) -> None:
    position = IntakeCursor.objects.get().position
    indexed(ct_series(3))
    before = list(Study.objects.values("id", "instance_count", "series_count"))
    IntakeCursor.objects.update(position=position)
    follower.step()
    assert list(Study.objects.values("id", "instance_count", "series_count")) == before
    assert (Series.objects.count(), Patient.objects.count()) == (1, 1)


def test_the_cursor_does_not_move_without_its_rows(
    follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    position = IntakeCursor.objects.get().position
    for file in ct_series(2).files:
        instance_store(file)

    class PowerCut(Exception):
        pass

    def cut(study_id: object) -> None:
        raise PowerCut

    with monkeypatch.context() as patch:
        patch.setattr(register, "_study_refresh", cut)
        with pytest.raises(PowerCut):
            follower.step()
    assert IntakeCursor.objects.get().position == position
    assert not Study.objects.exists()
    follower.step()
    assert Study.objects.count() == 1


def test_what_is_deleted_in_the_archive_goes(indexed: Indexed, settle: Settle) -> None:
    kept, shortened, gone = ct_series(2), ct_series(3), ct_series(2)
    for series in (kept, shortened, gone):
        indexed(series)
    study_remove(Study.objects.get(study_uid=gone.study_uid).orthanc_id)
    layout = SeriesLayout.objects.get(series__series_uid=shortened.series_uid)
    instance_remove(layout.instances[1]["orthanc"])
    settle(lambda: not Study.objects.filter(study_uid=gone.study_uid).exists())
    settle(lambda: Series.objects.get(series_uid=shortened.series_uid).instance_count == 2)
    assert Series.objects.get(series_uid=shortened.series_uid).complete
    assert Study.objects.count() == 2
    assert Patient.objects.count() == 1


def test_a_series_that_goes_before_it_is_read_is_not_missed(settle: Settle) -> None:
    series, other = ct_series(2), ct_series(2)
    for file in series.files:
        found = instance_store(file)
    series_remove(found.series_orthanc_id)
    for file in other.files:
        instance_store(file)
    settle(complete(other))
    assert not Study.objects.filter(study_uid=series.study_uid).exists()


def test_a_series_that_grows_again_is_completed_again(indexed: Indexed, settle: Settle) -> None:
    series = ct_series(6)
    indexed(replace(series, files=series.files[:3]))
    for file in series.files[3:]:
        instance_store(file)
    row = Series.objects.filter(series_uid=series.series_uid)
    settle(lambda: row.get().complete and row.get().geometry_slices == 6)
    assert Study.objects.get().instance_count == 6


def test_patients_and_priors(indexed: Indexed) -> None:
    old = ct_series(1, StudyDate="20200101")
    new = ct_series(1, StudyDate="20240101")
    namesake = ct_series(1, StudyDate="20190101", PatientBirthDate="19990101")
    elsewhere = ct_series(1, StudyDate="20180101", IssuerOfPatientID="OTHER")
    unnamed = [ct_series(1, PatientID=None, StudyDate="20170101") for _ in range(2)]
    for series in (old, new, namesake, elsewhere, *unnamed):
        indexed(series)
    assert [s.study_uid for s in priors_of(study_get(new.study_uid))] == [old.study_uid]
    assert priors_of(study_get(old.study_uid)) == []
    assert priors_of(study_get(unnamed[0].study_uid)) == []
    assert Patient.objects.count() == 4


def test_a_patient_stays_one_when_a_synthetic_series_comes(indexed: Indexed) -> None:
    real = ct_series(1)
    made = ct_series(1, StudyInstanceUID=real.study_uid, SyntheticData="YES")
    invented = ct_series(1, SyntheticData="YES")
    for series in (real, made, invented):
        indexed(series)
    assert not Study.objects.get(study_uid=real.study_uid).synthetic
    assert Study.objects.get(study_uid=invented.study_uid).synthetic


def test_a_study_of_the_same_day_is_earlier_by_its_time(indexed: Indexed) -> None:
    morning = ct_series(1, StudyDate="20240101", StudyTime="080000")
    evening = ct_series(1, StudyDate="20240101", StudyTime="170000")
    undated = ct_series(1, StudyDate="")
    for series in (morning, evening, undated):
        indexed(series)
    assert priors_of(study_get(morning.study_uid)) == []
    assert [s.study_uid for s in priors_of(study_get(evening.study_uid))] == [morning.study_uid]


def test_two_patients_with_one_study_uid_are_not_shown_as_one(
    indexed: Indexed, settle: Settle
) -> None:
    adams = ct_series(2, PatientID="A", PatientName="Adams")
    indexed(adams)
    baker = ct_series(2, PatientID="B", PatientName="Baker", StudyInstanceUID=adams.study_uid)
    other = ct_series(2, PatientID="B", PatientName="Baker")
    for file in (*baker.files, *other.files):
        instance_store(file)
    settle(complete(other))
    study = study_get(adams.study_uid)
    assert (study.patient_name, study.series_count) == ("Adams", 1)
    assert not Series.objects.filter(series_uid=baker.series_uid).exists()
    assert set(Patient.objects.values_list("patient_id", flat=True)) == {"A", "B"}


def test_odd_values_do_not_stop_intake(indexed: Indexed) -> None:
    odd = ct_series(
        2,
        StudyDate="20249999",
        StudyTime="late",
        SeriesNumber="2147483647",
        PatientName="x" * 64,
        StudyDescription="ü" * 64,
        ImageOrientationPatient=[0, 0, 0, 0, 0, 0],
    )
    indexed(odd)
    study = study_get(odd.study_uid)
    assert (study.study_date, study.study_time) == (None, None)
    assert Series.objects.get().geometry_kind == "none"


def test_an_archive_that_was_replaced_is_indexed_anew(
    indexed: Indexed, follower: Follower, settle: Settle
) -> None:
    series = ct_series(2)
    indexed(series)
    Series.objects.update(orthanc_id="of another archive")
    IntakeCursor.objects.update(position=10**9)
    settle(lambda: Series.objects.exclude(orthanc_id="of another archive").exists())
    assert Series.objects.get().series_uid == series.series_uid
    assert IntakeCursor.objects.get().position < 10**9


def test_without_orthanc_a_step_raises_and_the_loop_waits(
    follower: Follower, settings: Settings
) -> None:
    from apps.pacs import client

    settings.ORTHANC_URL = "http://127.0.0.1:9"
    client._shared.cache_clear()
    with pytest.raises(PacsUnavailable):
        follower.step()


class Installation:
    """Orthanc and the intake process of an installation of its own, which can be killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "store"
        self.store.mkdir()
        self.intake: subprocess.Popen[bytes] | None = None
        self.orthanc: Orthanc | None = None

    def manage(self, *arguments: str) -> subprocess.Popen[bytes]:
        assert self.orthanc is not None
        environment = {
            **os.environ,
            **self.orthanc.environment(),
            "DJANGO_SETTINGS_MODULE": "apps.config.settings.test",
            "SYNOPTIC_DATA_DIR": str(self.folder),
        }
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "manage.py", *arguments],
                cwd=REPOSITORY,
                env=environment,
                stdout=log,
                stderr=log,
            )

    def follow(self) -> None:
        self.intake = self.manage("follow_changes")

    def kill(self) -> None:
        if self.intake is not None:
            self.intake.send_signal(signal.SIGKILL)
            self.intake.wait()

    def rows(self) -> dict[str, int]:
        with sqlite3.connect(self.folder / "synoptic.sqlite3", timeout=10) as database:
            return dict(
                database.execute("select series_uid, instance_count from studies_series").fetchall()
            )


@pytest.mark.timeout(180)
def test_nothing_is_lost_or_doubled_when_everything_is_killed(tmp_path: Path) -> None:
    """Series stream in while intake is killed again and again and Orthanc restarts in between."""
    place = Installation(tmp_path)
    sent = [ct_series(5, PatientID=f"P{i}") for i in range(24)]
    with orthanc_server(place.store) as orthanc:
        place.orthanc = orthanc
        assert place.manage("migrate", "-v0").wait(60) == 0
        place.follow()
        with orthanc.client() as client:
            for number, series in enumerate(sent[:12]):
                for file in series.files:
                    client.post("/instances", content=file).raise_for_status()
                if number % 4 == 3:
                    wait_until(lambda: bool(place.rows()), what="the first series")
                    place.kill()
                    place.follow()
    # Orthanc is gone: what it had not called stable it never will.
    time.sleep(1)
    with orthanc_server(place.store, like=orthanc):
        with orthanc.client() as client:
            for series in sent[12:]:
                for file in series.files:
                    client.post("/instances", content=file).raise_for_status()
        expected = {series.series_uid: 5 for series in sent}
        try:
            wait_until(lambda: place.rows() == expected, what="all series", patience_s=60)
            wait_until(lambda: _all_complete(tmp_path), what="completion", patience_s=30)
        finally:
            place.kill()
    with sqlite3.connect(tmp_path / "synoptic.sqlite3") as database:
        (studies,) = database.execute("select count(*) from studies_study").fetchone()
        (layouts,) = database.execute("select count(*) from studies_serieslayout").fetchone()
    assert (studies, layouts) == (24, 24)


def _all_complete(folder: Path) -> bool:
    with sqlite3.connect(folder / "synoptic.sqlite3", timeout=10) as database:
        query = "select count(*) from studies_series where not complete"
        row: tuple[int] = database.execute(query).fetchone()
    return row == (0,)
