"""NIfTI files: place in space, round trip, and what is refused."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from ml.contracts.errors import InputRefused, InputUnreadable
from ml.dicom.nifti import read_nifti, write_nifti
from tests.ml.dicom.series import grid

AFFINE = np.array([[-2.0, 0, 0, 30], [0, 1.5, 0, -20], [0, 0, 3.0, 5], [0, 0, 0, 1]])


def write(path: Path, array: Any, affine: Any = AFFINE, **header: object) -> Path:
    image = nib.Nifti1Image(array, affine)
    for key, value in header.items():
        image.header[key] = value
    nib.save(image, path)
    return path


def test_ras_becomes_lps(tmp_path: Path) -> None:
    array = np.arange(2 * 3 * 4, dtype=np.int16).reshape(2, 3, 4)
    volume = read_nifti(write(tmp_path / "a.nii.gz", array))
    assert volume.shape == (4, 3, 2)
    assert volume.spacing == (3.0, 1.5, 2.0)
    # Voxel (x 1, y 2, z 3) lies at RAS (28, -17, 14).
    assert volume.array[3, 2, 1] == array[1, 2, 3]
    assert volume.point_lps((3, 2, 1)) == (-28.0, 17.0, 14.0)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.float32])
def test_round_trip_is_exact(tmp_path: Path, dtype: type) -> None:
    volume = grid(array=np.arange(480).reshape(6, 10, 8).astype(dtype))
    write_nifti(volume, tmp_path / "b.nii.gz")
    read = read_nifti(tmp_path / "b.nii.gz")
    assert read.array.dtype == volume.array.dtype
    assert (read.array == volume.array).all()
    assert np.allclose(read.affine, volume.affine, atol=1e-5)


def test_written_file_agrees_with_the_original_on_its_own_grid(tmp_path: Path) -> None:
    source = write(tmp_path / "a.nii.gz", np.arange(24, dtype=np.int16).reshape(2, 3, 4))
    write_nifti(read_nifti(source), tmp_path / "b.nii.gz")
    first, second = (nib.Nifti1Image.from_filename(str(p)) for p in (source, tmp_path / "b.nii.gz"))
    assert (np.asarray(first.dataobj) == np.asarray(second.dataobj)).all()
    assert np.allclose(first.affine, second.affine)


def test_trailing_axis_of_one_is_dropped(tmp_path: Path) -> None:
    array = np.zeros((3, 4, 5, 1), np.int16)
    assert read_nifti(write(tmp_path / "a.nii", array)).shape == (5, 4, 3)


def _nan() -> Any:
    array = np.zeros((3, 4, 5), np.float32)
    array[1, 1, 1] = np.nan
    return array


SHEARED = AFFINE.copy()
SHEARED[0, 2] = 1.0
ZERO = AFFINE.copy()
ZERO[:, 2] = 0


@pytest.mark.parametrize(
    ("array", "affine", "reason"),
    [
        (np.zeros((3, 4, 5, 7), np.int16), AFFINE, "4 dimensions"),
        (np.zeros((3, 4), np.int16), AFFINE, "2 dimensions"),
        (np.zeros((3, 4, 1), np.int16), AFFINE, "one slice"),
        (_nan(), AFFINE, "not numbers"),
        (np.full((3, 4, 5), np.inf, np.float32), AFFINE, "not numbers"),
        (np.zeros((3, 4, 5), np.complex64), AFFINE, "grey values"),
        (np.zeros((3, 4, 5), [("R", "u1"), ("G", "u1"), ("B", "u1")]), AFFINE, "grey values"),
        (np.zeros((3, 4, 5), np.int16), SHEARED, "sheared"),
    ],
)
def test_refused_with_the_reason(tmp_path: Path, array: Any, affine: Any, reason: str) -> None:
    with pytest.raises(InputRefused, match=reason):
        read_nifti(write(tmp_path / "a.nii", array, affine))


def raw_header(path: Path, offset: int, value: bytes) -> Path:
    """Overwrite bytes of a valid uncompressed file."""
    write(path, np.zeros((3, 4, 5), np.int16))
    content = bytearray(path.read_bytes())
    content[offset : offset + len(value)] = value
    path.write_bytes(content)
    return path


def test_zero_spacing_is_refused(tmp_path: Path) -> None:
    path = raw_header(tmp_path / "a.nii", 80, np.array([0.0, 0.0], "<f4").tobytes())
    with pytest.raises(InputRefused, match="voxel size"):
        read_nifti(path)


def test_nan_in_the_affine_is_refused(tmp_path: Path) -> None:
    path = raw_header(tmp_path / "a.nii", 280, np.array([np.nan], "<f4").tobytes())
    with pytest.raises(InputRefused, match="voxel size"):
        read_nifti(path)


def test_unknown_orientation_is_refused(tmp_path: Path) -> None:
    path = raw_header(tmp_path / "a.nii", 252, b"\0\0\0\0")
    with pytest.raises(InputRefused, match="lies in the patient"):
        read_nifti(path)


def test_claimed_size_is_never_allocated(tmp_path: Path) -> None:
    path = raw_header(tmp_path / "a.nii", 42, np.array([32767] * 3, "<i2").tobytes())
    with pytest.raises(InputRefused, match="implausibly large"):
        read_nifti(path)


def test_negative_size_is_unreadable_or_refused(tmp_path: Path) -> None:
    path = raw_header(tmp_path / "a.nii", 42, np.array([-5], "<i2").tobytes())
    with pytest.raises(InputRefused):
        read_nifti(path)


@pytest.mark.parametrize("keep", [0, 1, 100, 347, 352, 400])
@pytest.mark.parametrize("suffix", ["nii", "nii.gz"])
def test_cut_off_files_are_unreadable(tmp_path: Path, keep: int, suffix: str) -> None:
    whole = write(tmp_path / f"whole.{suffix}", np.arange(300, dtype=np.int16).reshape(3, 10, 10))
    (tmp_path / f"a.{suffix}").write_bytes(whole.read_bytes()[:keep])
    with pytest.raises(InputUnreadable):
        read_nifti(tmp_path / f"a.{suffix}")


def test_gzip_that_promises_more_than_it_holds(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii", np.zeros((3, 4, 5), np.int16))
    content = bytearray(path.read_bytes())
    content[42:48] = np.array([800, 800, 800], "<i2").tobytes()
    (tmp_path / "b.nii.gz").write_bytes(gzip.compress(bytes(content)))
    with pytest.raises(InputUnreadable, match="cut off"):
        read_nifti(tmp_path / "b.nii.gz")


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.txt", "a.mgz", "a.jpg"])
def test_junk_is_unreadable(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xff\xd8\xff\xe0 this is no image at all" * 40)
    with pytest.raises(InputUnreadable):
        read_nifti(tmp_path / name)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(InputUnreadable, match="no such file"):
        read_nifti(tmp_path / "none.nii")
    with pytest.raises(InputUnreadable, match="no such file"):
        read_nifti(tmp_path)
