"""synthetic_ct from input to results, and what it refuses or warns of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
import torch

from ml.contracts.cancel import CancelToken
from ml.contracts.errors import Cancelled, InputRefused, InputUnusual
from ml.contracts.events import Event
from ml.contracts.request import ImageInput, RunRequest
from ml.dicom.nifti import read_nifti, write_nifti
from ml.dicom.read import read_series
from ml.dicom.read_parametric_map import read_parametric_map
from ml.dicom.read_rtstruct import read_rtstruct
from ml.imaging.volume import Volume
from ml.models.synthetic_ct.config import PlaneUNetConfig
from ml.models.synthetic_ct.modeling import PlaneUNet
from ml.models.synthetic_ct.synthesiser import Synthesiser
from ml.models.synthetic_ct.usual import Usual
from ml.models.synthetic_ct.weights import Checkpoint
from ml.pipelines.synthetic_ct import contract, pipeline
from ml.pipelines.synthetic_ct.fixture import limb
from ml.runtime.context import Resources
from ml.runtime.devices import Device
from ml.runtime.execute import execute
from ml.runtime.text.service import TextService
from ml.training.synthetic_ct.recipe import Recipe
from tests.ml.dicom.series import mr_series

CPU = Device(kind="cpu", threads=1)
# Whatever the image, features lie within these of each other.
ANYTHING = Usual(centre=(0.5,) * 10, spread=(100.0,) * 10, limit=1.0)
NOTHING = Usual(centre=(50.0,) * 10, spread=(0.1,) * 10, limit=1.0)


@pytest.fixture
def resources(tmp_path: Path) -> Iterator[Resources]:
    text = TextService(CPU, tmp_path)
    yield Resources(device=CPU, data_dir=tmp_path, text=text)
    text.close()


def known(monkeypatch: pytest.MonkeyPatch, usual: Usual) -> None:
    torch.manual_seed(1)
    model = PlaneUNet(PlaneUNetConfig(channels=(8, 16))).eval()
    ready = Synthesiser(Checkpoint(model=model, usual=usual), threads=1)
    monkeypatch.setattr(pipeline, "load_synthesiser", lambda *_: ready)


@pytest.fixture
def takes_all(monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch, ANYTHING)


def run(
    image: Volume | Path,
    resources: Resources,
    tmp_path: Path,
    *,
    override: str = "",
    **params: object,
) -> tuple[Path, list[Event]]:
    path, folder = tmp_path / "mr.nii.gz", tmp_path / "out"
    if isinstance(image, Volume):
        write_nifti(image, path)
    given = ImageInput(path=path, kind="nifti")
    if isinstance(image, Path):
        given = ImageInput(path=image, kind="dicom")
    request = RunRequest(
        pipeline="synthetic_ct",
        run_id="33333333-3333-4333-8333-333333333333",
        inputs={"image": given},
        out_dir=folder,
        override_reason=override,
        params=params,
    )
    return folder, list(execute(request, CancelToken(), resources))


def warnings_of(events: list[Event]) -> set[str]:
    return {e.data["code"] for e in events if e.type == "log" and e.data["level"] == "warning"}


@pytest.mark.usefixtures("takes_all")
def test_a_file_gives_hu_with_bounds_on_its_own_grid(resources: Resources, tmp_path: Path) -> None:
    mr, _ = limb()
    out, events = run(mr, resources, tmp_path)
    images = [read_nifti(out / f"{name}.nii.gz") for name in ("sct_lower", "sct", "sct_upper")]
    for image in images:
        assert image.array.dtype == np.int16
        assert np.allclose(image.affine, mr.affine, atol=1e-5)
        assert image.shape == mr.shape
    lower, middle, upper = (image.array for image in images)
    assert (lower <= middle).all()
    assert (middle <= upper).all()
    kept = [e.data for e in events if e.type == "artifact.ready" and e.data["key"] == "preview"]
    assert kept[0]["incomplete"]
    assert "incomplete" not in kept[-1]
    assert not warnings_of(events)


@pytest.mark.usefixtures("takes_all")
def test_a_series_gives_a_ct_series_its_bounds_and_the_outline(
    resources: Resources, tmp_path: Path
) -> None:
    mr, _ = limb()
    mr_series(tmp_path / "series", mr)
    out, _ = run(tmp_path / "series", resources, tmp_path)
    made = read_series(out / "sct")
    assert np.array_equal(made.array, read_nifti(out / "sct.nii.gz").array)
    header = pydicom.dcmread(next(iter((out / "sct").iterdir())), stop_before_pixels=True)
    source = pydicom.dcmread(next(iter((tmp_path / "series").iterdir())), stop_before_pixels=True)
    assert header.Modality == "CT"
    assert header.SyntheticData == "YES"
    assert header.SeriesDescription.startswith("SYNTHETIC")
    assert header.FrameOfReferenceUID == source.FrameOfReferenceUID
    assert header.StudyInstanceUID == source.StudyInstanceUID
    assert header.SourceImageSequence[0].SpatialLocationsPreserved == "YES"
    bound = read_parametric_map(out / "sct-lower.dcm")
    assert np.allclose(bound.affine, made.affine, atol=1e-4)
    assert (np.rint(bound.array) <= made.array).all()
    contour = read_rtstruct(out / "contour.dcm")
    assert [roi.name for roi in contour.rois] == ["BODY"]


def test_alternatives_are_drawn_by_the_flow(
    resources: Resources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Recipe().model
    model = PlaneUNet(replace(config, channels=(8, 16))).eval()
    ready = Synthesiser(Checkpoint(model=model, usual=ANYTHING), threads=1)
    monkeypatch.setattr(pipeline, "load_synthesiser", lambda *_: ready)
    mr_series(tmp_path / "series", limb(shape=(20, 64, 64))[0])
    out, events = run(tmp_path / "series", resources, tmp_path, samples=2, site="extremity")
    drawn = [read_nifti(out / f"sct_sample_{number}.nii.gz").array for number in (1, 2)]
    inside = drawn[0] > -300
    assert inside.any()
    assert np.abs(drawn[0].astype(float) - drawn[1])[inside].mean() > 1
    series = [read_series(out / f"sct-sample-{number}").source for number in (1, 2)]
    assert len({one.series_uid for one in series if one}) == 2
    shares = [e.data["fraction"] for e in events if e.type == "step.progress"]
    assert sum(share < 1 for share in shares) >= 8  # a stop is seen between steps of the flow


@pytest.mark.usefixtures("takes_all")
def test_a_head_has_no_alternatives(resources: Resources, tmp_path: Path) -> None:
    out, events = run(limb()[0], resources, tmp_path, samples=1, site="head")
    assert "no_samples" in warnings_of(events)
    assert not list(out.glob("*sample*"))


@pytest.mark.usefixtures("takes_all")
def test_a_ct_given_as_mr_is_refused(resources: Resources, tmp_path: Path) -> None:
    _, ct = limb()
    with pytest.raises(InputRefused, match="this is a CT"):
        run(ct, resources, tmp_path)


@pytest.mark.usefixtures("takes_all")
def test_an_empty_image_is_refused(resources: Resources, tmp_path: Path) -> None:
    mr, _ = limb()
    with pytest.raises(InputRefused, match="No body"):
        run(mr.like(np.zeros_like(mr.array)), resources, tmp_path)


def test_missing_slices_are_refused(resources: Resources, tmp_path: Path) -> None:
    files = mr_series(tmp_path / "series", limb()[0])
    for file in files[8:10]:
        file.unlink()
    with pytest.raises(InputRefused, match="not one regular volume"):
        run(tmp_path / "series", resources, tmp_path)


def test_two_volumes_in_one_place_are_refused(resources: Resources, tmp_path: Path) -> None:
    """Two echoes or two days under one series: which of them is meant, nobody can know."""
    mr, _ = limb()
    mr_series(tmp_path / "series", mr)
    for number, file in enumerate(sorted((tmp_path / "series").iterdir())):
        again = pydicom.dcmread(file)
        again.SOPInstanceUID = f"{again.SOPInstanceUID}.1"[-64:]
        again.file_meta.MediaStorageSOPInstanceUID = again.SOPInstanceUID
        again.save_as(tmp_path / "series" / f"again-{number}.dcm")
    with pytest.raises(InputRefused, match="not one regular volume"):
        run(tmp_path / "series", resources, tmp_path)


@pytest.mark.usefixtures("takes_all")
def test_a_body_that_is_cut_off_is_told(resources: Resources, tmp_path: Path) -> None:
    mr, _ = limb()
    part = Volume(array=np.ascontiguousarray(mr.array[:, 40:]), affine=mr.affine)
    _, events = run(part, resources, tmp_path)
    assert "body_cut_off" in warnings_of(events)


@pytest.mark.usefixtures("takes_all")
def test_a_void_as_of_metal_is_told(resources: Resources, tmp_path: Path) -> None:
    mr, _ = limb()
    array = mr.array.copy()
    y, x = np.mgrid[: mr.shape[1], : mr.shape[2]]
    array[8:12, np.hypot(y - 60, x - 40) < 15] = 0
    _, events = run(mr.like(array), resources, tmp_path)
    assert "void" in warnings_of(events)


def test_an_image_unlike_all_others_needs_a_reason(
    resources: Resources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(monkeypatch, NOTHING)
    mr, _ = limb()
    with pytest.raises(InputUnusual, match="unlike"):
        run(mr, resources, tmp_path)
    _, events = run(mr, resources, tmp_path, override="For a phantom measurement.")
    assert "image_unusual" in warnings_of(events)
    result = next(e for e in events if e.type == "result").data
    assert result["values"]["gate"]["override_reason"] == "For a phantom measurement."


@pytest.mark.usefixtures("takes_all")
def test_it_stops_between_slabs(resources: Resources, tmp_path: Path) -> None:
    mr, _ = limb()
    write_nifti(mr, tmp_path / "mr.nii.gz")
    cancel = CancelToken()
    request = RunRequest(
        pipeline="synthetic_ct",
        run_id="33333333-3333-4333-8333-333333333334",
        inputs={"image": ImageInput(path=tmp_path / "mr.nii.gz", kind="nifti")},
        out_dir=tmp_path / "out",
    )
    seen: list[str] = []

    def until_progress() -> None:
        for event in execute(request, cancel, resources):
            seen.append(event.type)
            if event.type == "step.progress":
                cancel.cancel()

    with pytest.raises(Cancelled):
        until_progress()
    assert seen.count("step.progress") == 1


def test_the_site_follows_what_is_asked_then_the_series_then_the_shape() -> None:
    mr, _ = limb()
    cube = Volume(array=np.ones((180, 200, 180), np.int16), affine=np.eye(4))
    assert contract.site_of(mr, "head") == "head"
    assert contract.site_of(mr, "auto") == "extremity"
    assert contract.site_of(cube, "auto") == "head"
    assert contract.site_of(cube, "extremity") == "extremity"
