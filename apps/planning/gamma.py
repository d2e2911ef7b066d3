"""The γ map of a plan, which is stored as NIfTI on the grid of its dose."""

from __future__ import annotations

import gzip
import io

import nibabel as nib
import numpy as np

from apps.inference.content import artifact_content
from apps.inference.models import Artifact
from apps.planning.volume import BYTES_MAX, SAME_PLACE_MM, DoseRefused, DoseVolume

# NIfTI counts in RAS mm, DICOM in LPS mm.
_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
_HEADER_BYTES = 4096


def gamma_volume(artifact: Artifact, dose: DoseVolume) -> DoseVolume:
    """γ on the grid of ``dose``, negative where there is too little dose to judge. Raises
    ``DoseRefused`` where it cannot be read or lies on another grid."""
    with artifact_content(artifact).stream as stream:
        packed = stream.read(BYTES_MAX)
    try:
        with gzip.open(io.BytesIO(packed)) as unpacked:
            content = unpacked.read(dose.values.size * 8 + _HEADER_BYTES)
        image = nib.Nifti1Image.from_bytes(content)
        values = np.asarray(image.dataobj, dtype=np.float32).transpose(2, 1, 0)
        affine = _RAS_TO_LPS @ np.asarray(image.affine, dtype=np.float64)
    except Exception as error:
        # Damage shows as errors of many kinds, of gzip, nibabel and numpy.
        raise DoseRefused("The γ map cannot be read.") from error
    same = values.shape == dose.values.shape and np.allclose(
        affine, dose.affine, atol=SAME_PLACE_MM
    )
    if not same:
        raise DoseRefused("The γ map lies on another grid than the dose.")
    return dose.with_values("gamma", values, etag=f'"{artifact.sha256 or artifact.pk}-gamma"')
