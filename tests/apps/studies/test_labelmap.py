"""Segmentations decoded onto the grid of their image."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import generate_uid
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.pacs import trail
from apps.pacs.store import instance_store
from apps.studies.api import serializers as s
from apps.studies.labelmap import SegmentationRefused, labels_on
from apps.studies.models import Series
from tests.factories.dicom import SeriesFiles, ct_series

GRID: dict[str, Any] = {
    "dimensions": [16, 16, 4],
    "spacing": [0.75, 0.5, 1.0],
    "origin": [0.0, 0.0, 0.0],
    "direction": [1, 0, 0, 0, 1, 0, 0, 0, 1],
}


def labels() -> np.ndarray:
    """A small block of each structure, at heights that tell the slices apart."""
    array = np.zeros((4, 16, 16), np.uint8)
    array[1, 2:5, 3:6] = 1
    array[1:3, 8:12, 8:11] = 2
    array[3, 0, 15] = 1
    return array


def segmentation(series: SeriesFiles, *, ours: bool = True, **options: Any) -> Dataset:
    """What ``labels`` is as a SEG of ``series``; ours notes the ids 17 and 53 on its segments."""
    sources = [pydicom.dcmread(io.BytesIO(file)) for file in series.files]
    sources.sort(key=lambda source: source.ImagePositionPatient[2])
    algorithm = hd.AlgorithmIdentificationSequence(
        name="test", family=codes.DCM.ArtificialIntelligence, version="1"
    )
    descriptions = [
        hd.seg.SegmentDescription(
            segment_number=number,
            segment_label=name,
            segmented_property_category=codes.SCT.AnatomicalStructure,
            segmented_property_type=codes.SCT.Hippocampus,
            algorithm_type=hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
            algorithm_identification=algorithm,
            display_color=hd.color.CIELabColor.from_rgb(220, 216, 20),
        )
        for number, name in enumerate(("left hippocampus", "right hippocampus"), start=1)
    ]
    if ours:
        for description, label in zip(descriptions, (17, 53), strict=True):
            description.SegmentDescription = f"FreeSurfer label {label}"
    return hd.seg.Segmentation(
        source_images=sources,
        pixel_array=labels(),
        segmentation_type=options.pop("segmentation_type", "BINARY"),
        segment_descriptions=descriptions,
        series_instance_uid=generate_uid(),
        series_number=900,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="Synoptic",
        manufacturer_model_name="test",
        software_versions="1",
        device_serial_number="1",
        **options,
    )


def as_bytes(dataset: Dataset) -> bytes:
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def reread(dataset: Dataset) -> Dataset:
    return pydicom.dcmread(io.BytesIO(as_bytes(dataset)))


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
def test_every_voxel_gets_the_id_of_its_structure(kind: str) -> None:
    found = labels_on(reread(segmentation(ct_series(4), segmentation_type=kind)), GRID)
    expected = np.array([0, 17, 53], np.uint16)[labels()]
    np.testing.assert_array_equal(found, expected)


def test_segments_of_others_keep_their_numbers() -> None:
    found = labels_on(reread(segmentation(ct_series(4), ours=False)), GRID)
    np.testing.assert_array_equal(found, labels())


@pytest.mark.parametrize(
    "change",
    [
        {"dimensions": [16, 8, 4]},
        {"origin": [3.0, 0.0, 0.0]},
        {"origin": [0.0, 0.0, 0.5]},
        {"direction": [0, 1, 0, 1, 0, 0, 0, 0, -1]},
    ],
)
def test_another_grid_is_refused_rather_than_drawn_wrongly(change: dict[str, Any]) -> None:
    with pytest.raises(SegmentationRefused):
        labels_on(reread(segmentation(ct_series(4))), {**GRID, **change})


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_stored_segmentation_is_served_and_replaced(
    indexed: Callable[[SeriesFiles], None],
    settle: Callable[..., None],
    as_user: Callable[[User], APIClient],
    clinician: User,
    data_dir: Path,
) -> None:
    image = ct_series(4)
    indexed(image)
    made = segmentation(image)
    instance_store(as_bytes(made))
    found = Series.objects.filter(series_uid=made.SeriesInstanceUID, complete=True)
    settle(found.exists)
    row = found.get()
    assert (row.kind, row.ai_generated, row.derived_from) == ("seg", True, [image.series_uid])
    client = as_user(clinician)
    views = AuditEntry.objects.filter(action="study.view", study_uid=image.study_uid)
    trail._seen.clear()
    segments = client.get(f"/api/v1/series/{row.series_uid}/segments").json()
    assert set(segments[0]) == set(s.SegmentSerializer().fields)
    assert [entry["structure_label"] for entry in segments] == [17, 53]
    assert segments[0]["volume_ml"] == pytest.approx(10 * 0.375 / 1000, abs=1e-3)
    assert segments[0]["color"] == pytest.approx([220, 216, 20], abs=2)
    address = f"/api/v1/series/{row.series_uid}/labelmap"
    assert views.count() == 1
    trail._seen.clear()
    answer = client.get(address)
    assert views.count() == 2
    assert answer["X-Referenced-Series"] == image.series_uid
    sent = np.frombuffer(answer.content, "<u2").reshape(4, 16, 16)
    np.testing.assert_array_equal(sent, np.array([0, 17, 53], np.uint16)[labels()])
    assert client.get(address, HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 304
    # Stored anew under the same identifiers, as a repeated job does.
    made.SegmentSequence[0].SegmentDescription = "FreeSurfer label 18"
    instance_store(as_bytes(made))
    again = client.get(address)
    assert again["ETag"] != answer["ETag"]
    assert 18 in np.frombuffer(again.content, "<u2")


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_what_is_no_segmentation_is_refused(
    indexed: Callable[[SeriesFiles], None],
    as_user: Callable[[User], APIClient],
    clinician: User,
) -> None:
    image = ct_series(2)
    indexed(image)
    for what in ("segments", "labelmap"):
        answer = as_user(clinician).get(f"/api/v1/series/{image.series_uid}/{what}")
        assert (answer.status_code, answer.json()["code"]) == (422, "segmentation_not_shown")
