"""Sample studies: a real head, a simulated later visit of it, and a simulated head CT.

Every UID follows from its name, so that writing or importing them again doubles nothing.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from scipy import ndimage
from torch.nn import functional

from ml.contracts.errors import InputRefused
from ml.dicom.image_series import Generated, NewSeries
from ml.dicom.nifti import read_nifti
from ml.dicom.provenance import Algorithm
from ml.dicom.read import read_series
from ml.dicom.uids import derived_uid
from ml.dicom.write_image import MrSequence, write_ct, write_mr
from ml.imaging.resample import canonical
from ml.imaging.volume import Volume
from ml.simulate.atrophy import atrophy_warp
from ml.simulate.corrupt import bias_field, rician
from ml.simulate.draw import Draw
from ml.simulate.phantom import ellipsoid_head
from ml.simulate.render import ct
from ml.simulate.warp import sample_linear

COLIN_PATH = Path("/usr/share/mricron/templates/ch2.nii.gz")
COLIN_SHAPE = (181, 217, 181)
# Colin 27: average of 27 spoiled gradient-echo scans (Holmes et al., JCAT 22:324, 1998).
COLIN_SEQUENCE = MrSequence(
    scanning_sequence="GR",
    sequence_variant="SP",
    acquisition_type="3D",
    repetition_time_ms=18,
    echo_time_ms=10,
    flip_angle=30,
)
FIRST_VISIT = datetime(1998, 6, 15, 10, 0, tzinfo=UTC)
LATER_VISIT = datetime(1999, 12, 15, 10, 0, tzinfo=UTC)
CT_VISIT = datetime(2020, 3, 2, 9, 30, tzinfo=UTC)
VENTRICLE_GROWTH = 0.20
# On Colin's scale fluid lies about 30, grey matter 85, white matter 112.
_FLUID_BELOW = 60
_WHITE_MATTER = 112.0
_SCALE = 4  # the later visit keeps fractions of the source's 8-bit steps
_SIMULATOR = Algorithm(
    name="Synoptic head simulator",
    version="1.0.0",
    parameters={"ventricle_growth": VENTRICLE_GROWTH},
)


def write_samples(out_dir: Path) -> list[Path]:
    """Write the sample studies under ``out_dir``, one folder a series, in some ten seconds.

    The Colin 27 head is read from Debian's ``mricron-data``, or from the file that
    ``SYNOPTIC_COLIN_PATH`` names.

    Returns:
        The DICOM files written.

    Raises:
        InputRefused: the Colin 27 head is not there, or the file is another image.
    """
    first = out_dir / "colin-head"
    paths = _write_colin(first)
    paths += _write_later_visit(first, out_dir / "colin-head-18-months")
    return paths + _write_head_ct(out_dir / "phantom-head-ct")


def colin_head() -> Volume:
    """The Colin 27 head, uint8 (181, 217, 181) at 1 mm along +LPS.

    Raises:
        InputRefused: see :func:`write_samples`.
    """
    path = Path(os.environ.get("SYNOPTIC_COLIN_PATH") or COLIN_PATH)
    if not path.is_file():
        raise InputRefused(
            "The sample head is missing: install the Debian package mricron-data, "
            "or set SYNOPTIC_COLIN_PATH to its ch2.nii.gz."
        )
    head = canonical(read_nifti(path))
    if head.shape != COLIN_SHAPE or not np.allclose(head.affine[:3, 3], (-90, -91, -71)):
        raise InputRefused("The sample head is not Colin 27 (ch2.nii.gz of mricron-data).")
    return head


def later_visit(head: Volume, seed: int = 27) -> Volume:
    """``head`` as it might look 18 months on: lateral ventricles 20 % larger by a smooth warp,
    then another bias field and noise.

    Returns:
        uint16 on the grid of ``head``, four times its scale.
    """
    # The warp is smooth: half the resolution gives the same field in an eighth of the time.
    spacing = (2.0, 2.0, 2.0)
    coarse = atrophy_warp(
        _rough_labels(head)[::2, ::2, ::2], spacing, {4: VENTRICLE_GROWTH, 43: VENTRICLE_GROWTH}
    )
    pull = functional.interpolate(
        torch.from_numpy(coarse)[None], size=head.shape, mode="trilinear", align_corners=True
    )[0]
    draw = Draw(seed)
    image = sample_linear(torch.from_numpy(head.array.astype(np.float32))[None], pull)[0]
    image = image * bias_field(draw, head.shape, strength=0.06)
    image = rician(draw, image, sd=0.015 * _WHITE_MATTER)
    stored = (image * _SCALE).round().clamp(0, 4095).numpy().astype(np.uint16)
    return head.like(stored)


def _write_colin(out_dir: Path) -> list[Path]:
    return write_mr(
        colin_head(),
        out_dir,
        study=_colin_study(FIRST_VISIT, "COLIN1", "Head MR, Colin 27 (public sample)"),
        series=NewSeries(
            series_uid=_uid("colin", "series"),
            frame_of_reference_uid=_uid("colin", "frame"),
            number=1,
            description="T1w 3D axial",
            protocol="T1w",
            body_part="HEAD",
            taken_at=FIRST_VISIT,
        ),
        sequence=COLIN_SEQUENCE,
    )


def _write_later_visit(first_dir: Path, out_dir: Path) -> list[Path]:
    first = read_series(first_dir)
    return write_mr(
        later_visit(first),
        out_dir,
        study=_colin_study(LATER_VISIT, "COLIN2", "Head MR, simulated later visit"),
        series=NewSeries(
            series_uid=_uid("colin-later", "series"),
            # Another visit is another frame of reference, even where a simulation keeps the place.
            frame_of_reference_uid=_uid("colin-later", "frame"),
            number=1,
            description="T1w 3D axial, 18 months later",
            protocol="T1w",
            body_part="HEAD",
            taken_at=LATER_VISIT,
        ),
        sequence=COLIN_SEQUENCE,
        generated=Generated(
            algorithm=_SIMULATOR,
            derivation="Simulated later visit: lateral ventricles enlarged by "
            f"{VENTRICLE_GROWTH:.0%} through a smooth warp; bias field and noise added.",
            source=first.source,
        ),
    )


def _write_head_ct(out_dir: Path) -> list[Path]:
    anatomy = ellipsoid_head((40, 256, 256), (4.0, 0.9, 0.9))
    study = _study("Phantom^Sample", "SAMPLE-PHANTOM", "O", "phantom")
    study.StudyDate, study.StudyTime = f"{CT_VISIT:%Y%m%d}", f"{CT_VISIT:%H%M%S}"
    study.StudyID = "PHANTOM1"
    study.StudyDescription = "Head CT, simulated phantom"
    return write_ct(
        anatomy.like(ct(anatomy.array, seed=1)),
        out_dir,
        study=study,
        series=NewSeries(
            series_uid=_uid("phantom", "series"),
            frame_of_reference_uid=_uid("phantom", "frame"),
            number=1,
            description="Head phantom 4 mm",
            body_part="HEAD",
            taken_at=CT_VISIT,
        ),
        generated=Generated(
            algorithm=_SIMULATOR,
            derivation="Simulated CT of an analytical head phantom of ellipsoids.",
        ),
    )


def _rough_labels(head: Volume) -> NDArray[np.int16]:
    """Lateral ventricles (4, 43), brain (2) and fluid (24) of Colin 27, by place and intensity."""
    z, y, x = (
        axis + offset
        for axis, offset in zip(
            np.indices(head.shape, dtype=np.float32), head.affine[2::-1, 3], strict=True
        )
    )
    fluid = head.array < _FLUID_BELOW
    brain = (x / 66) ** 2 + ((y - 17) / 83) ** 2 + ((z - 13) / 60) ** 2 < 1
    labels: NDArray[np.int16] = np.where(brain, np.where(fluid, 24, 2), 0).astype(np.int16)
    # A box around the bodies and horns, without the midline cisterns behind them.
    box = (np.abs(x) < 34) & (np.abs(x) > 1) & (y > -42) & (y < 52) & (z > 2) & (z < 32)
    box &= ~((np.abs(x) < 10) & (y > 8))
    parts, _ = ndimage.label(fluid & box)
    for label, side in ((4, 1), (43, -1)):
        sizes: NDArray[Any] = np.bincount(parts[(x * side > 0) & (parts > 0)])
        labels[parts == int(sizes.argmax())] = label
    return labels


def _colin_study(visit: datetime, study_id: str, description: str) -> Dataset:
    study = _study("Colin^Sample", "SAMPLE-COLIN27", "M", study_id)
    study.StudyDate, study.StudyTime = f"{visit:%Y%m%d}", f"{visit:%H%M%S}"
    study.StudyID = study_id
    study.StudyDescription = description
    return study


def _study(name: str, patient_id: str, sex: str, key: str) -> Dataset:
    study = Dataset()
    study.SpecificCharacterSet = "ISO_IR 100"
    study.PatientName = name
    study.PatientID = patient_id
    study.PatientBirthDate = ""
    study.PatientSex = sex
    study.StudyInstanceUID = _uid(key, "study")
    study.AccessionNumber = ""
    study.ReferringPhysicianName = ""
    return study


def _uid(sample: str, key: str) -> str:
    return derived_uid("sample", f"{sample}/{key}")
