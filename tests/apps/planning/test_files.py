"""Doses and exports out of a real Orthanc: what arrives is what lies there."""

from __future__ import annotations

import asyncio
import io
import zipfile
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pydicom
import pytest
from django.test import AsyncClient

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.inference.models import Artifact
from apps.inference.outputs import artifacts_folder
from apps.pacs.store import instance_remove, instance_store
from apps.planning.models import Plan
from apps.studies.models import Series
from ml.dicom.nifti import write_nifti
from ml.dicom.profiles.check import CHECKS
from ml.imaging.volume import Volume
from tests.apps.planning.conftest import Plans, approve, artifact_row
from tests.conformance.plans import PlanObjects, some_dose, write_plan
from tests.support.orthanc import Orthanc

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
GAMMA = "application/gzip"


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> PlanObjects:
    return write_plan(tmp_path_factory.mktemp("plan"))


def _in_folder(plan: Plan, key: str, content: bytes, media_type: str) -> Artifact:
    folder = artifacts_folder() / str(plan.job_id)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / key).write_bytes(content)
    path = f"artifacts/{plan.job_id}/{key}"
    return artifact_row(plan, key, path=path, media_type=media_type, size=len(content))


def _in_archive(plan: Plan, key: str, file: Path) -> Artifact:
    instance_store(file)
    dataset = pydicom.dcmread(file, stop_before_pixels=True)
    return artifact_row(
        plan,
        key,
        series_uid=str(dataset.SeriesInstanceUID),
        sop_instance_uid=str(dataset.SOPInstanceUID),
    )


@pytest.fixture
def stored(orthanc: Orthanc, objects: PlanObjects, plan_in_review: Plans) -> Plan:
    """A plan whose images and objects lie in the archive."""
    del orthanc
    plan = plan_in_review()
    kept = [
        instance_store(file) for file in sorted((objects.files[0].parents[1] / "sct").iterdir())
    ]
    image = Series.objects.filter(series_uid=plan.inputs["image"])
    image.update(orthanc_id=kept[0].series_orthanc_id)
    for key, file in zip(("structures", "plan", "dose"), objects.files, strict=True):
        _in_archive(plan, key, file)
    _in_folder(plan, "qa-report", b"sr", "application/dicom")
    _in_folder(plan, "qa-pdf", b"%PDF-1.7", "application/pdf")
    return plan


async def _get(
    user: User, plan: Plan | None, address: str, **headers: str
) -> tuple[int, bytes, Any]:
    client = AsyncClient()
    await client.aforce_login(user)
    under = f"plans/{plan.pk}/" if plan else ""
    answer: Any = await client.get(f"/api/v1/{under}{address}", headers=headers)
    chunks = [chunk async for chunk in answer] if answer.streaming else [answer.content]
    return answer.status_code, b"".join(chunks), answer


def get(user: User, plan: Plan | None, address: str, **headers: str) -> tuple[int, bytes, Any]:
    return asyncio.run(_get(user, plan, address, **headers))


def test_the_dose_arrives_as_it_was_planned(
    stored: Plan, objects: PlanObjects, clinician: User
) -> None:
    status, content, answer = get(clinician, stored, "dose?which=plan")
    assert (status, answer["Content-Type"]) == (200, "application/octet-stream")
    _, _, grid_answer = get(clinician, stored, "dose-grid?which=plan")
    grid = grid_answer.json()
    columns, rows, slices = grid["dimensions"]
    assert grid["bytes"] == len(content) == int(answer["Content-Length"])
    values = np.frombuffer(content, "<f4").reshape(slices, rows, columns)
    planned = objects.dose
    # As exact as the whole numbers of the stored object.
    np.testing.assert_allclose(values, planned.array, atol=planned.array.max() / 2**16)
    assert (grid["dtype"], grid["unit"], grid["slope"]) == ("float32", "Gy", 1.0)
    assert grid["spacing"] == [4.0, 4.0, 4.0]
    assert grid["origin"] == pytest.approx([float(v) for v in planned.affine[:3, 3]])
    assert grid["direction"] == [1, 0, 0, 0, 1, 0, 0, 0, 1]
    assert grid["maximum"] == pytest.approx(float(values.max()))
    again, nothing, _ = get(
        clinician, stored, "dose?which=plan", **{"if-none-match": answer["ETag"]}
    )
    assert (again, nothing) == (304, b"")


def test_the_difference_is_reference_minus_plan(stored: Plan, clinician: User) -> None:
    assert get(clinician, stored, "dose?which=difference")[0] == 404
    plan_row = Artifact.objects.get(job=stored.job, key="dose")
    artifact_row(stored, "dose-reference", sop_instance_uid=plan_row.sop_instance_uid)
    status, content, _ = get(clinician, stored, "dose?which=difference")
    assert status == 200
    assert not np.frombuffer(content, "<f4").any()


def _gamma(plan: Plan, folder: Path, shift: float = 0.0) -> np.ndarray[Any, Any]:
    dose = some_dose()
    values = np.where(dose.array > 5, dose.array / 60, -1).astype(np.float32)
    affine = dose.affine.copy()
    affine[0, 3] += shift
    write_nifti(Volume(array=values, affine=affine), folder / "gamma.nii.gz")
    _in_folder(plan, "gamma", (folder / "gamma.nii.gz").read_bytes(), GAMMA)
    return values


def test_gamma_lies_on_the_dose(stored: Plan, clinician: User, tmp_path: Path) -> None:
    written = _gamma(stored, tmp_path)
    _, content, _ = get(clinician, stored, "dose?which=gamma")
    np.testing.assert_array_equal(np.frombuffer(content, "<f4"), written.ravel())
    _, _, answer = get(clinician, stored, "dose-grid?which=gamma")
    assert (answer.json()["unit"], answer.json()["minimum"]) == ("1", -1.0)


def test_gamma_on_another_grid_is_not_shown(stored: Plan, clinician: User, tmp_path: Path) -> None:
    _gamma(stored, tmp_path, shift=4.0)
    status, _, answer = get(clinician, stored, "dose?which=gamma")
    assert (status, answer.json()["code"]) == (422, "dose_not_shown")


@pytest.mark.parametrize("content", [b"", b"no gzip", nib.Nifti1Header().binaryblock])
def test_damaged_gamma_is_refused(stored: Plan, clinician: User, content: bytes) -> None:
    _in_folder(stored, "gamma", content, GAMMA)
    status, _, answer = get(clinician, stored, "dose?which=gamma")
    assert (status, answer.json()["code"]) == (422, "dose_not_shown")


def test_a_dose_that_is_none_is_refused(stored: Plan, clinician: User) -> None:
    _in_folder(stored, "dose-bulk", b"no dose at all" * 20, "application/dicom")
    status, _, answer = get(clinician, stored, "dose?which=bulk")
    assert (status, answer.json()["code"]) == (422, "dose_not_shown")
    status, _, answer = get(clinician, stored, "dose?which=weather")
    assert (status, answer.json()["code"]) == (404, "dose_not_found")


def test_export_is_locked_until_a_physicist_approves(
    stored: Plan, physicist: User, researcher: User, clinician: User
) -> None:
    status, _, answer = get(clinician, stored, "export")
    assert (status, answer.json()["code"]) == (409, "export_locked")
    approve(stored, physicist)
    assert get(clinician, stored, "export")[0] == 200
    assert get(researcher, stored, "export")[0] == 403
    approve(stored, physicist, kind="withdrawn")
    assert get(physicist, stored, "export")[2].json()["code"] == "export_locked"
    assert AuditEntry.objects.filter(action="plan.export").count() == 1


def test_the_archive_holds_reviewed_copies_that_name_each_other(
    stored: Plan, objects: PlanObjects, physicist: User, data_dir: Path
) -> None:
    approve(stored, physicist)
    _in_folder(stored, "qa-pdf-dicom", b"dicom", "application/dicom")
    status, content, answer = get(physicist, stored, "export")
    assert (status, answer["Content-Type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name) for name in archive.namelist()}
    images = sorted(name for name in files if name.startswith("CT/"))
    assert len(images) == objects.image.shape[0]
    assert set(files) - set(images) == {
        "RTSTRUCT/RTSTRUCT.dcm",
        "RTPLAN/RTPLAN.dcm",
        "RTDOSE/RTDOSE.dcm",
        "QA/report.dcm",
        "QA/report.pdf",
        "QA/report-pdf.dcm",
    }
    structures, plan, dose = (
        pydicom.dcmread(io.BytesIO(files[f"{name}/{name}.dcm"]))
        for name in ("RTSTRUCT", "RTPLAN", "RTDOSE")
    )
    assert plan.ApprovalStatus == structures.ApprovalStatus == "APPROVED"
    assert "phila" in str(plan.ReviewerName)
    assert plan.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID == (
        structures.SOPInstanceUID
    )
    assert dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID == plan.SOPInstanceUID
    assert plan.SOPInstanceUID != objects.plan.sop_instance_uid
    assert files["QA/report.pdf"] == b"%PDF-1.7"
    entry = AuditEntry.objects.get(action="plan.export")
    assert entry.detail["files"] == len(files)
    assert not list((data_dir / "runs").iterdir())


def test_the_same_approval_exports_the_same_objects(stored: Plan, physicist: User) -> None:
    approve(stored, physicist)
    first, second = (get(physicist, stored, "export")[1] for _ in range(2))
    assert first == second


def test_an_export_is_held_to_the_demands_of_a_planning_system(
    stored: Plan, physicist: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, answer = get(physicist, None, "plan-profiles")
    names = [one["name"] for one in answer.json()]
    assert "generic" in names
    approve(stored, physicist)
    assert get(physicist, stored, "export?profile=generic")[0] == 200
    assert AuditEntry.objects.get(action="plan.export").detail["profile"] == "generic"
    status, _, answer = get(physicist, stored, "export?profile=abacus")
    assert (status, answer.json()["code"]) == (422, "profile_unknown")
    monkeypatch.setitem(CHECKS, "max_matrix", lambda _headers, _most: iter(["Too wide."]))
    status, _, answer = get(physicist, stored, "export?profile=generic")
    assert (status, answer.json()["code"]) == (422, "profile_refused")
    assert answer.json()["errors"][0].startswith("Too wide.")


@pytest.mark.parametrize("lost", ["plan", "qa-pdf"])
def test_half_a_plan_is_not_exported(stored: Plan, physicist: User, lost: str) -> None:
    approve(stored, physicist)
    Artifact.objects.filter(job=stored.job, key=lost).delete()
    status, _, answer = get(physicist, stored, "export")
    assert (status, answer.json()["code"]) == (422, "export_incomplete")
    assert answer.json()["errors"] == [lost]


def test_a_part_result_is_not_exported(stored: Plan, physicist: User) -> None:
    approve(stored, physicist)
    Artifact.objects.filter(job=stored.job, key="dose").update(incomplete=True)
    assert get(physicist, stored, "export")[2].json()["code"] == "export_incomplete"


def test_objects_that_went_from_the_archive_are_told_before_anything_is_sent(
    stored: Plan, physicist: User, orthanc: Orthanc, data_dir: Path
) -> None:
    approve(stored, physicist)
    gone = Artifact.objects.get(job=stored.job, key="plan").sop_instance_uid
    with orthanc.client() as client:
        found = client.post("/tools/lookup", content=gone).json()
    instance_remove(found[0]["ID"])
    status, _, answer = get(physicist, stored, "export")
    assert (status, answer.json()["code"]) == (404, "artifact_gone")
    assert not list((data_dir / "runs").iterdir())
    assert not AuditEntry.objects.filter(action="plan.export").exists()


def test_more_than_an_archive_holds_is_refused(
    stored: Plan, physicist: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    approve(stored, physicist)
    monkeypatch.setattr("apps.planning.services.export.INSTANCES_MAX", 2)
    assert get(physicist, stored, "export")[2].json()["code"] == "export_too_large"
