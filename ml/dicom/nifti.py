"""NIfTI files as volumes and back. NIfTI counts in RAS mm, everything here in LPS mm."""

from __future__ import annotations

import math
import zlib
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError
from numpy.typing import NDArray

from ml.contracts.errors import InputRefused, InputUnreadable
from ml.dicom.files import DAMAGE
from ml.dicom.pixels import MAX_VOXELS
from ml.imaging.volume import Volume

_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
_RIGHT_ANGLE_TOLERANCE = 0.01


def read_nifti(path: Path) -> Volume:
    """One NIfTI file (.nii or .nii.gz) as a volume on the grid of the file.

    Returns:
        Array (z, y, x), that is the file's axes in reverse order; float64 becomes float32.

    Raises:
        InputUnreadable: no NIfTI file, or cut off.
        InputRefused: not one 3D grey image with a known, right-angled place in space, or with
            values that are not numbers.
    """
    if not path.is_file():
        raise InputUnreadable("There is no such file.")
    if path.stat().st_size == 0:
        raise InputUnreadable("The file is empty.")
    try:
        image = nib.load(path)
    except (ImageFileError, HeaderDataError, nib.spatialimages.ImageDataError, *DAMAGE) as error:
        raise InputUnreadable("The file is not a readable NIfTI image.") from error
    if not isinstance(image, nib.Nifti1Pair):
        raise InputUnreadable("The file is not a NIfTI image.")
    shape = _three_axes(image.shape)
    _check_voxel_size(image, path)
    affine = _lps_affine(image)
    if image.get_data_dtype().kind not in "iuf":
        raise InputRefused("The image is in colour or complex; a scan in grey values is needed.")
    try:
        array = np.asanyarray(image.dataobj).reshape(shape, order="F")
    except (EOFError, zlib.error, *DAMAGE) as error:
        raise InputUnreadable("The file is cut off or damaged.") from error
    return Volume(array=_plain(array).transpose(2, 1, 0), affine=affine)


def write_nifti(volume: Volume, path: Path) -> None:
    """Write ``volume`` with its own grid; reading it back gives the same array and affine."""
    image = nib.Nifti1Image(volume.array.transpose(2, 1, 0), _RAS_TO_LPS @ volume.affine)
    image.header.set_xyzt_units("mm")
    image.set_qform(image.affine, code=1)
    image.set_sform(image.affine, code=1)
    nib.save(image, path)


def _three_axes(shape: tuple[int, ...]) -> tuple[int, int, int]:
    trimmed = shape
    while len(trimmed) > 3 and trimmed[-1] == 1:
        trimmed = trimmed[:-1]
    if len(trimmed) != 3:
        raise InputRefused(f"The image has {len(trimmed)} dimensions; give one volume with three.")
    if min(trimmed) < 2:
        raise InputRefused("The image has one slice; a volume needs at least two.")
    if math.prod(trimmed) > MAX_VOXELS:
        raise InputRefused("The image claims to be implausibly large.")
    x, y, z = trimmed
    return x, y, z


def _check_voxel_size(image: Any, path: Path) -> None:
    """nibabel quietly turns a voxel size of 0 into 1 mm, so the header is read as it stands."""
    with nib.openers.ImageOpener(str(path)) as stream:
        raw = type(image.header).from_fileobj(stream, check=False)
    if not all(abs(float(size)) > 0 for size in raw["pixdim"][1:4]):
        raise InputRefused("The voxel size of the image is not a plausible length.")


def _lps_affine(image: Any) -> NDArray[np.float64]:
    header = image.header
    if int(header["sform_code"]) <= 0 and int(header["qform_code"]) <= 0:
        raise InputRefused("The file does not state how the image lies in the patient.")
    affine: NDArray[np.float64] = _RAS_TO_LPS @ np.asarray(image.affine, dtype=np.float64)
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    if not np.isfinite(affine).all() or not all(1e-3 < step < 1e3 for step in steps):
        raise InputRefused("The voxel size of the image is not a plausible length.")
    direction = affine[:3, :3] / steps
    if np.abs(direction.T @ direction - np.eye(3)).max() > _RIGHT_ANGLE_TOLERANCE:
        raise InputRefused("The grid of the image is sheared; a right-angled one is needed.")
    return affine


def _plain(array: NDArray[Any]) -> NDArray[Any]:
    """Native byte order, at most 32 bits, all finite."""
    if array.dtype.kind == "f":
        result: NDArray[Any] = array.astype(np.float32)
        if not np.isfinite(result).all():
            raise InputRefused("The image holds values that are not numbers.")
        return result
    if array.dtype.itemsize > 4:
        limits = np.iinfo(np.int32)
        fits = limits.min <= array.min() and array.max() <= limits.max
        return array.astype(np.int32 if fits else np.float32)
    return array.astype(array.dtype.newbyteorder("="))
