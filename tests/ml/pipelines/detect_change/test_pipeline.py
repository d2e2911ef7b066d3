"""detect_change from two visits to its report. Mocked: the segmenter, which knows the phantom."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from ml.contracts.cancel import CancelToken
from ml.contracts.errors import InputRefused, InputUnusual, ModalityMismatch
from ml.contracts.events import Event
from ml.contracts.request import ImageInput, RunRequest
from ml.dicom.nifti import write_nifti
from ml.imaging.volume import Volume
from ml.pipelines.detect_change import pipeline
from ml.pipelines.segment_head.segmentation import HeadSegmentation
from ml.runtime.context import Resources, RunContext, Steps
from ml.runtime.devices import Device
from ml.runtime.execute import execute
from ml.runtime.text.service import TextService
from tests.ml.dicom.series import mr_series
from tests.ml.followup.phantom import HERE, LABELS, SPACING, THERE, flair

CPU = Device(kind="cpu", threads=1)
Balls = list[tuple[tuple[int, int, int], float]]


def volume(balls: Balls, *, seed: int) -> Volume:
    affine = np.diag([*SPACING, 1.0])
    affine[:3, 3] = (-96.0, -115.0, -112.0)
    return Volume(array=flair(*balls, seed=seed).clip(0, 3000).astype(np.uint16), affine=affine)


def known(
    _context: RunContext, _steps: Steps, image: Volume, segmenter: list[HeadSegmentation]
) -> Generator[Event, None, HeadSegmentation]:
    """The labels of the phantom; of each further image less grey matter."""
    yield from ()
    labels = LABELS.astype(np.uint16)
    counts = np.bincount(labels.ravel())
    shrunk = {3: 1 - 0.2 * len(segmenter), 17: 1 - 0.001 * len(segmenter)}
    volumes = {
        int(i): float(counts[i] * image.voxel_ml * shrunk.get(int(i), 1.0))
        for i in np.flatnonzero(counts)
        if i
    }
    found = HeadSegmentation(
        image=image, labels=labels, volumes_ml=volumes, expected_ml=volumes,
        expected_dice={}, flags=(),
    )  # fmt: skip
    segmenter.append(found)
    return found


@pytest.fixture(autouse=True)
def segmenter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "open_segmenter", lambda _context: [])
    monkeypatch.setattr(pipeline, "segment", known)


@pytest.fixture
def resources(tmp_path: Path) -> Iterator[Resources]:
    text = TextService(CPU, tmp_path)
    yield Resources(device=CPU, data_dir=tmp_path, text=text)
    text.close()


def run(
    inputs: dict[str, ImageInput], resources: Resources, out: Path, **params: Any
) -> dict[str, Any]:
    out.mkdir()
    request = RunRequest(
        pipeline="detect_change",
        run_id="66666666-6666-4666-8666-666666666666",
        inputs=inputs,
        out_dir=out,
        params=params,
    )
    list(execute(request, CancelToken(), resources))
    content: dict[str, Any] = json.loads((out / "change.json").read_text())
    return content


def as_nifti(image: Volume, path: Path) -> ImageInput:
    write_nifti(image, path)
    return ImageInput(path=path, kind="nifti")


def visits(folder: Path, dates: tuple[str, str]) -> dict[str, ImageInput]:
    """As DICOM: one lesion that stays, one that comes."""
    images = volume([(HERE, 9)], seed=1), volume([(HERE, 9), (THERE, 9)], seed=2)
    inputs = {}
    for name, image, date in zip(("base", "follow"), images, dates, strict=True):
        for file in mr_series(folder / name, image, name):
            dataset = pydicom.dcmread(file)
            dataset.StudyDate = dataset.AcquisitionDate = dataset.SeriesDate = date
            dataset.SeriesDescription = "FLAIR"
            dataset.save_as(file)
        inputs[name] = ImageInput(path=folder / name, kind="dicom")
    return inputs


def test_two_visits_give_regions_lesions_and_every_file(
    resources: Resources, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    found = run(visits(tmp_path, ("20200304", "20220304")), resources, out)
    assert found["days"] == 730
    assert found["comparability"]["comparable"] is True
    assert sorted(one["state"] for one in found["lesions"]) == ["new", "stable"]
    new = next(one for one in found["lesions"] if one["state"] == "new")
    assert new["base_ml"] == 0
    assert new["follow_ml"] == pytest.approx(4 / 3 * np.pi * 0.9**3, rel=0.35)
    regions = {one["label"]: one for one in found["regions"]}
    assert regions[3]["verdict"] == "change"
    assert regions[3]["change_percent"] == pytest.approx(-20, abs=0.5)
    assert regions[3]["per_year_percent"] == pytest.approx(-10, abs=1)
    assert regions[17]["verdict"] == "within_noise"
    for name in ("seg-base.dcm", "seg-follow.dcm", "change.pdf", "change.png", "registration.dcm"):
        assert (out / name).stat().st_size > 500, name
    seg = pydicom.dcmread(out / "seg-follow.dcm", stop_before_pixels=True)
    tracks = {str(item.TrackingUID) for item in seg.SegmentSequence}
    assert tracks == {one["track"] for one in found["lesions"]}


def test_a_ct_is_no_follow_up_of_an_mr(resources: Resources, tmp_path: Path) -> None:
    inputs = visits(tmp_path, ("20200304", "20220304"))
    for file in inputs["follow"].path.iterdir():
        dataset = pydicom.dcmread(file)
        dataset.Modality = "CT"
        dataset.save_as(file)
    with pytest.raises(ModalityMismatch):
        run(inputs, resources, tmp_path / "out")
    # A file that does not say so is held back by what it shows.
    base = volume([(HERE, 9)], seed=1)
    ct = base.like(base.array.astype(np.int16) - 1000)
    unnamed = {
        "base": as_nifti(base, tmp_path / "base.nii.gz"),
        "follow": as_nifti(ct, tmp_path / "follow.nii.gz"),
    }
    with pytest.raises(InputUnusual):
        run(unnamed, resources, tmp_path / "unnamed")


def test_pairs_that_differ_too_much_show_no_change_but_why(
    resources: Resources, tmp_path: Path
) -> None:
    """Another field of view and contrast: the regions are told apart from a change."""
    base = volume([(HERE, 9)], seed=1)
    turned = 1200 - base.array.astype(np.int32)
    odd = base.like(np.where(base.array > 30, turned, 0).clip(0).astype(np.uint16))
    inputs = {
        "base": as_nifti(base, tmp_path / "base.nii.gz"),
        "follow": as_nifti(odd, tmp_path / "follow.nii.gz"),
    }
    dates = {"base_date": "2020-01-01", "follow_date": "2021-01-01"}
    found = run(inputs, resources, tmp_path / "out", **dates)
    assert found["comparability"]["comparable"] is False
    failed = [one for one in found["comparability"]["reasons"] if one["status"] == "fail"]
    assert failed
    assert all(one["text"] for one in failed)
    assert {one["verdict"] for one in found["regions"]} == {"not_comparable"}


def test_without_a_brain_there_is_nothing_to_report(resources: Resources, tmp_path: Path) -> None:
    base = volume([(HERE, 9)], seed=1)
    empty = base.like(np.zeros_like(base.array))
    inputs = {
        "base": as_nifti(base, tmp_path / "base.nii.gz"),
        "follow": as_nifti(empty, tmp_path / "follow.nii.gz"),
    }
    with pytest.raises(InputRefused):
        run(inputs, resources, tmp_path / "out")
