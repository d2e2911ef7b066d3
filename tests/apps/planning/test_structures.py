"""Structures drawn by hand, kept in a real Orthanc."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.pacs.client import get_json
from apps.pacs.resources import instance_file, lookup
from apps.pacs.store import instance_store
from apps.studies import attributes
from apps.studies.models import Patient, Series, Study
from apps.studies.tags import Tags
from ml.dicom.read import read_series
from ml.dicom.read_rtstruct import read_rtstruct
from ml.dicom.roi_masks import mask_on
from tests.apps.planning.conftest import AsUser
from tests.factories.dicom import SeriesFiles, ct_series
from tests.support.orthanc import Orthanc

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
SHAPE = (5, 16, 16)


@pytest.fixture
def drawn_on(orthanc: Orthanc, data_dir: Any) -> SeriesFiles:
    """A CT whose slices arrive from the head down, and its rows of the index."""
    del orthanc, data_dir
    files = ct_series(5)
    stored, *_ = [instance_store(file) for file in files.files]
    now = timezone.now()
    study = Study.objects.create(
        study_uid=files.study_uid,
        orthanc_id=stored.study_orthanc_id,
        received_at=now,
        patient=Patient.objects.create(identity="1"),
    )
    Series.objects.create(
        series_uid=files.series_uid,
        orthanc_id=stored.series_orthanc_id,
        study=study,
        grew_at=now,
        kind="image",
        modality="CT",
        complete=True,
    )
    return files


def _mask() -> npt.NDArray[np.bool_]:
    mask = np.zeros(SHAPE, np.bool_)
    mask[3, 3:7, 2:12] = True
    mask[4, 15, 15] = True  # the very last voxel
    return mask


def runs_of(mask: npt.NDArray[np.bool_]) -> str:
    flat = mask.ravel()
    edges = np.flatnonzero(np.diff(flat)) + 1
    lengths = np.diff([0, *edges, flat.size])
    if flat[0]:
        lengths = np.array([0, *lengths])
    return base64.b64encode(lengths.astype("<u4").tobytes()).decode()


def _one(**changes: Any) -> dict[str, Any]:
    drawn = {"name": "GTV links", "interpreted_type": "GTV", "colour": [220, 40, 40]}
    return {**drawn, "runs": runs_of(_mask()), **changes}


def _send(
    client: Any, files: SeriesFiles, *drawn: dict[str, Any], key: str = "", **more: Any
) -> Any:
    body = {"series_uid": files.series_uid, "structures": drawn, **more}
    headers = {"Idempotency-Key": key} if key else {}
    address = f"/api/v1/studies/{files.study_uid}/structures"
    return client.post(address, body, format="json", headers=headers)


def test_what_was_drawn_is_kept_voxel_for_voxel(
    as_user: AsUser, researcher: User, drawn_on: SeriesFiles, tmp_path: Any
) -> None:
    whole = np.ones(SHAPE, np.bool_)
    body = _one(name="BODY", interpreted_type="EXTERNAL", runs=runs_of(whole))
    answer = _send(as_user(researcher), drawn_on, _one(), body, label="BY HAND")
    assert answer.status_code == 201, answer.json()
    found = lookup(answer.json()["sop_instance_uid"], "Instance")
    assert found is not None
    (tmp_path / "rtstruct.dcm").write_bytes(instance_file(found))
    for index, file in enumerate(drawn_on.files):
        (tmp_path / "ct").mkdir(exist_ok=True)
        (tmp_path / "ct" / f"{index}.dcm").write_bytes(file)
    image = read_series(tmp_path / "ct")
    structures = read_rtstruct(tmp_path / "rtstruct.dcm")
    for roi, mask in zip(structures.rois, (_mask(), whole), strict=True):
        np.testing.assert_array_equal(mask_on(roi, image).mask, mask)

    dataset = pydicom.dcmread(tmp_path / "rtstruct.dcm")
    first = dataset.StructureSetROISequence[0]
    assert (first.ROIName, first.ROIGenerationAlgorithm) == ("GTV links", "MANUAL")
    assert "ROIDerivationAlgorithmIdentificationSequence" not in first
    assert (dataset.StudyInstanceUID, dataset.Modality) == (drawn_on.study_uid, "RTSTRUCT")
    assert (dataset.StructureSetLabel, dataset.ApprovalStatus) == ("BY HAND", "UNAPPROVED")
    assert "rudi" in str(dataset.RTROIObservationsSequence[0].ROIInterpreter)
    assert dataset.RTROIObservationsSequence[0].RTROIInterpretedType == "GTV"
    # Slice 3 lies at z = 3: the order is that of /volume.
    contour = dataset.ROIContourSequence[0].ContourSequence[0]
    assert float(contour.ContourData[2]) == 3.0
    entry = AuditEntry.objects.get(action="structures.create")
    assert (entry.study_uid, entry.detail["structures"]) == (drawn_on.study_uid, 2)
    assert "GTV" not in str(entry.detail)


def test_it_is_not_taken_for_the_work_of_a_model(
    as_user: AsUser, clinician: User, drawn_on: SeriesFiles
) -> None:
    stored = _send(as_user(clinician), drawn_on, _one()).json()
    found = lookup(stored["sop_instance_uid"], "Instance")
    tags: Tags = get_json(f"/instances/{found}/tags?short")
    assert attributes.series_kind(tags, attributes.RTSTRUCT_CLASS) == "rtstruct"
    assert attributes.ai_generated(tags) is False


def test_same_key_is_the_same_object(
    as_user: AsUser, clinician: User, drawn_on: SeriesFiles
) -> None:
    client = as_user(clinician)
    first, again = (_send(client, drawn_on, _one(), key="k").json() for _ in range(2))
    assert first == again
    other = _send(client, drawn_on, _one(runs=runs_of(~_mask())), key="k").json()
    assert other["sop_instance_uid"] != first["sop_instance_uid"]
    assert _send(client, drawn_on, _one()).json() != first


SHORT = base64.b64encode(np.array([16, 16], "<u4").tobytes()).decode()
EMPTY = base64.b64encode(np.array([5 * 16 * 16], "<u4").tobytes()).decode()
CUT = base64.b64encode(b"abc").decode()


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"runs": SHORT}, 422, "drawing_refused"),
        ({"runs": EMPTY}, 422, "drawing_refused"),
        ({"runs": CUT}, 422, "drawing_refused"),
        ({"runs": "§"}, 400, "validation_failed"),
        ({"runs": ""}, 400, "validation_failed"),
        ({"name": ""}, 400, "validation_failed"),
        ({"name": "a\\b"}, 400, "validation_failed"),
        ({"colour": [1, 2]}, 400, "validation_failed"),
        ({"colour": [1, 2, 256]}, 400, "validation_failed"),
        ({"interpreted_type": "CAT"}, 400, "validation_failed"),
    ],
)
def test_odd_drawings_are_refused(
    as_user: AsUser,
    clinician: User,
    drawn_on: SeriesFiles,
    changes: dict[str, Any],
    status: int,
    code: str,
) -> None:
    answer = _send(as_user(clinician), drawn_on, _one(**changes))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not AuditEntry.objects.filter(action="structures.create").exists()


def test_drawings_on_what_is_not_there(
    as_user: AsUser, clinician: User, nobody: User, drawn_on: SeriesFiles
) -> None:
    client = as_user(clinician)
    assert _send(client, drawn_on, _one(), _one()).status_code == 400
    assert _send(client, drawn_on).status_code == 400
    assert _send(client, drawn_on, _one(), series_uid="2.25.404").status_code == 404
    elsewhere = SeriesFiles(study_uid="2.25.5", series_uid=drawn_on.series_uid, files=[])
    assert _send(client, elsewhere, _one()).json()["code"] == "series_of_other_study"
    Series.objects.update(kind="rtdose")
    assert _send(client, drawn_on, _one()).json()["code"] == "not_an_image"
    assert _send(as_user(nobody), drawn_on, _one()).status_code == 403
