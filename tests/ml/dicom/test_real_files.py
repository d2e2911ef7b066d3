"""Real and odd files of the field: which read as volumes, which are refused and why."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pydicom
import pytest

from ml.contracts.errors import InputRefused, InputUnreadable
from ml.dicom.files import read_object
from ml.dicom.pixels import stored_values
from ml.dicom.read import read_series, read_volume

pytestmark = pytest.mark.realdata

ONE_SLICE = "one slice"
NO_PLACE = "where they lie"
NO_IMAGE = "without an image"
UNREADABLE = "no readable DICOM image"
ODD = {
    "CT_small.dcm": ONE_SLICE,
    "JPEGLSNearLossless_08.dcm": NO_PLACE,
    "MR_small.dcm": ONE_SLICE,
    "MR_truncated.dcm": ONE_SLICE,
    "UN_sequence.dcm": NO_IMAGE,
    "badVR.dcm": "a dose distribution",
    "bad_sequence.dcm": ONE_SLICE,
    "color-pl.dcm": "colour",
    "emri_small.dcm": NO_PLACE,
    "emri_small_jpeg_2k_lossless_too_short.dcm": NO_PLACE,
    "empty_charset_LEI.dcm": UNREADABLE,
    "explicit_VR-UN.dcm": ONE_SLICE,
    "liver_1frame.dcm": "a segmentation",
    "meta_missing_tsyntax.dcm": UNREADABLE,
    "nested_priv_SQ.dcm": UNREADABLE,
    "no_meta.dcm": UNREADABLE,
    "rtdose.dcm": "a dose distribution",
    "rtdose_rle.dcm": "a dose distribution",
    "rtplan.dcm": "a treatment plan",
    "rtstruct.dcm": "a structure set",
    "test-SR.dcm": "a structured report",
}


def unpacked(archive: Path, folder: Path) -> Path:
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)
    return folder


def test_every_odd_file_has_an_expectation(realdata: Path) -> None:
    assert {path.name for path in (realdata / "dicom" / "odd").iterdir()} == set(ODD)


@pytest.mark.parametrize("name", sorted(ODD))
@pytest.mark.parametrize("kind", ["dicom", "nifti"])
def test_odd_files_are_refused_with_a_reason(realdata: Path, name: str, kind: str) -> None:
    path = realdata / "dicom" / "odd" / name
    if kind == "nifti":
        with pytest.raises(InputUnreadable, match="NIfTI"):
            read_volume(path, "nifti")
    else:
        with pytest.raises(InputRefused, match=ODD[name]):
            read_volume(path, "dicom")


def test_truncated_pixels_are_found(realdata: Path) -> None:
    dataset = read_object(realdata / "dicom" / "odd" / "MR_truncated.dcm")
    with pytest.raises(InputUnreadable, match="cut off"):
        stored_values(dataset)


def test_tilted_head_ct_is_refused_with_its_angle(realdata: Path, tmp_path: Path) -> None:
    folder = unpacked(realdata / "head-ct" / "GE_head_CT_28slices.zip", tmp_path)
    with pytest.raises(InputRefused, match=r"sheared by 18\.5°.*14 of 27 gaps"):
        read_series(folder)


@pytest.mark.parametrize(
    ("archive", "inside", "shape", "modality", "low"),
    [
        ("dicom/XA30_enhanced_T1.zip", ".", (96, 128, 128), "MR", 0),
        ("dicom/VS-SEG-001_T1c_24slices.zip", ".", (24, 512, 512), "MR", 0),
        ("dicom/STS_048_CT_MR_PET_RTSTRUCT.zip", "STS_048/CT/image", (57, 185, 195), "CT", -1000),
        ("dicom/STS_048_CT_MR_PET_RTSTRUCT.zip", "STS_048/PET/image", (57, 46, 49), "PT", 0),
        # Its objects carry no UIDs of their own and are JPEG 2000.
        ("body/totalseg_example_ct_dicom.zip", ".", (20, 512, 512), "CT", -1024),
    ],
)
def test_real_series_read_as_volumes(
    realdata: Path,
    tmp_path: Path,
    archive: str,
    inside: str,
    shape: tuple[int, int, int],
    modality: str,
    low: int,
) -> None:
    volume = read_series(unpacked(realdata / archive, tmp_path) / inside)
    assert volume.shape == shape
    assert volume.array.min() == low
    assert volume.source is not None
    assert volume.source.modality == modality
    assert len(volume.source.sop_instance_uids) == shape[0]


def test_several_series_at_once_are_refused(realdata: Path, tmp_path: Path) -> None:
    folder = unpacked(realdata / "dicom" / "STS_048_CT_MR_PET_RTSTRUCT.zip", tmp_path)
    with pytest.raises(InputRefused, match="3 series"):
        read_series(folder)


def test_every_transfer_syntax_decodes(realdata: Path) -> None:
    """All grey files of the collection; the colour ones are refused as such, not misread."""
    outcomes: dict[str, str] = {}
    for path in sorted((realdata / "dicom" / "transfer_syntaxes").iterdir()):
        try:
            pixels = stored_values(read_object(path))
            outcomes[path.name] = "decoded" if pixels.size else "empty"
        except InputRefused as error:
            outcomes[path.name] = error.user_message
    print(*(f"{name}: {outcome}" for name, outcome in outcomes.items()), sep="\n")
    refused = {name: outcome for name, outcome in outcomes.items() if outcome != "decoded"}
    colour = {name for name, outcome in refused.items() if "colour" in outcome}
    damaged = {name for name in refused if "MR_truncated" in name or "badVR" in name}
    assert set(refused) == colour | damaged
    assert (len(colour), len(damaged)) == (12, 2)
    assert len(outcomes) == 59


def test_colour_files_decode_too(realdata: Path) -> None:
    """The viewer shows what pipelines refuse: pydicom must be able to decode it here."""
    failed = {}
    for path in sorted((realdata / "dicom" / "transfer_syntaxes").iterdir()):
        dataset = pydicom.dcmread(path)
        if dataset.get("SamplesPerPixel") == 3:
            try:
                assert dataset.pixel_array.size
            except (RuntimeError, ValueError, NotImplementedError) as error:
                failed[path.name] = str(error)
    assert not failed


@pytest.mark.parametrize("name", ["MR__MR4", "NM__NM1", "XA__XA1"])
def test_twelve_bit_jpeg_gives_nearly_the_lossless_values(realdata: Path, name: str) -> None:
    folder = realdata / "dicom" / "transfer_syntaxes"
    lossy = stored_values(read_object(folder / f"1.2.840.10008.1.2.4.51__{name}_JPLY.dcm"))
    exact = stored_values(read_object(folder / f"1.2.840.10008.1.2.4.70__{name}_JPLL.dcm"))
    assert np.abs(lossy.astype(int) - exact).mean() < 4
