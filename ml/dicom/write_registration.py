"""Where points of one series lie in another: Spatial Registration and Deformable Spatial
Registration objects (PS3.3 A.39)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset
from pydicom.sr.codedict import codes
from pydicom.uid import DeformableSpatialRegistrationStorage, SpatialRegistrationStorage

from ml.dicom.headers import source_header
from ml.dicom.image_series import decimal
from ml.dicom.provenance import Algorithm, Written, code_item, mark, save
from ml.dicom.rt_object import NewObject, object_template, reference
from ml.imaging.volume import SourceSeries, Volume

SERIES_NUMBER: Final = 9030
# Registrations bend over centimetres: a vector every 4 mm holds all of it.
GRID_MM: Final = 4.0


def write_registration(
    matrix: NDArray[np.float64],
    base: Volume,
    follow: Volume,
    *,
    displacement: NDArray[np.float32] | None = None,
    algorithm: Algorithm,
    run_id: str,
    path: Path,
    key: str = "registration",
) -> Written:
    """Write how ``follow`` lies on ``base``, whose frame of reference is the registered one.

    ``matrix`` (4, 4), LPS mm, takes points of ``base`` to points of ``follow``; the object holds
    its inverse, as the standard asks. With ``displacement`` (3 [x, y, z], z, y, x), mm on the grid
    of ``base`` and added after the matrix, a deformable registration is written, its vectors every
    4 mm. UIDs follow from ``run_id`` and ``key``.

    Raises:
        ValueError: one of the two is not from DICOM.
    """
    if base.source is None or follow.source is None:
        raise ValueError("a registration needs the DICOM series that it relates")
    moment = datetime.now(UTC)
    deformable = displacement is not None
    new = NewObject(
        sop_class=DeformableSpatialRegistrationStorage
        if deformable
        else SpatialRegistrationStorage,
        modality="REG",
        series_number=SERIES_NUMBER + deformable,
        description="Registration of two visits" + (" (deformable)" if deformable else ""),
        algorithm=algorithm,
        run_id=run_id,
        key=key,
        made_at=moment,
    )
    header, other = source_header(base.source), source_header(follow.source)
    dataset = object_template(header, new)
    del dataset.OperatorsName
    dataset.DeviceSerialNumber = algorithm.serial_number
    dataset.ContentDate, dataset.ContentTime = f"{moment:%Y%m%d}", f"{moment:%H%M%S}"
    dataset.ContentLabel = "REGISTRATION"
    dataset.ContentDescription = "Registration by software, not verified"
    dataset.ContentCreatorName = "Synoptic^"
    dataset.FrameOfReferenceUID = header.FrameOfReferenceUID
    dataset.PositionReferenceIndicator = ""
    if displacement is None:
        pairs = ((base.source, header, np.eye(4)), (follow.source, other, np.linalg.inv(matrix)))
        dataset.RegistrationSequence = [_rigid(*pair) for pair in pairs]
    else:
        bent = _deformable(follow.source, other, matrix, displacement, base)
        dataset.DeformableRegistrationSequence = [_still(base.source, header), bent]
    _name_instances(dataset, base.source, follow.source, other)
    mark(dataset, base.source, algorithm)
    if follow.source.synthetic:
        dataset.SyntheticData = "YES"
    return save(dataset, path)


def _rigid(source: SourceSeries, header: Dataset, matrix: NDArray[np.float64]) -> Dataset:
    item = Dataset()
    item.FrameOfReferenceUID = header.FrameOfReferenceUID
    item.ReferencedImageSequence = _images(source)
    registration = Dataset()
    registration.RegistrationTypeCodeSequence = [code_item(codes.DCM.ImageContentBasedAlignment)]
    registration.MatrixSequence = [_matrix(matrix)]
    item.MatrixRegistrationSequence = [registration]
    return item


def _matrix(matrix: NDArray[np.float64]) -> Dataset:
    item = Dataset()
    item.FrameOfReferenceTransformationMatrixType = "RIGID"
    item.FrameOfReferenceTransformationMatrix = [decimal(value) for value in matrix.ravel()]
    return item


def _still(source: SourceSeries, header: Dataset) -> Dataset:
    """The base stays where it is: no matrix and no grid."""
    item = Dataset()
    item.SourceFrameOfReferenceUID = header.FrameOfReferenceUID
    item.ReferencedImageSequence = _images(source)
    item.RegistrationTypeCodeSequence = []
    return item


def _deformable(
    source: SourceSeries,
    header: Dataset,
    matrix: NDArray[np.float64],
    displacement: NDArray[np.float32],
    base: Volume,
) -> Dataset:
    """From the registered frame to the source: vectors first, then the matrix (C.20.3.1)."""
    item = Dataset()
    item.SourceFrameOfReferenceUID = header.FrameOfReferenceUID
    item.ReferencedImageSequence = _images(source)
    item.RegistrationTypeCodeSequence = [code_item(codes.DCM.ImageContentBasedAlignment)]
    item.PostDeformationMatrixRegistrationSequence = [_matrix(matrix)]
    steps = [max(1, round(GRID_MM / spacing)) for spacing in base.spacing]
    z, y, x = (slice(None, None, step) for step in steps)
    # M(x) + d = M(x + R'd): the same vector, before the matrix.
    turn = matrix[:3, :3].T.astype(np.float32)
    vectors = np.einsum("ij,jzyx->zyxi", turn, displacement[:, z, y, x])
    grid = Dataset()
    direction = base.affine[:3, :3] / np.linalg.norm(base.affine[:3, :3], axis=0)
    grid.ImageOrientationPatient = [decimal(v) for v in (*direction[:, 0], *direction[:, 1])]
    grid.ImagePositionPatient = [decimal(v) for v in base.affine[:3, 3]]
    grid.GridDimensions = [int(n) for n in vectors.shape[2::-1]]
    along = np.array(base.spacing[::-1]) * np.array(steps[::-1])
    # The third axis may run against the normal; the standard has no other way to say so.
    normal = np.cross(direction[:, 0], direction[:, 1])
    if normal @ direction[:, 2] < 0:
        vectors = vectors[::-1]
        last = base.affine[:3, 3] + direction[:, 2] * along[2] * (len(vectors) - 1)
        grid.ImagePositionPatient = [decimal(v) for v in last]
    grid.GridResolution = [float(v) for v in along]
    grid.VectorGridData = np.ascontiguousarray(vectors, dtype="<f4").tobytes()
    item.DeformableRegistrationGridSequence = [grid]
    return item


def _images(source: SourceSeries) -> list[Dataset]:
    uids = dict.fromkeys(source.sop_instance_uids)
    return [reference(source.sop_class_uid, uid) for uid in uids]


def _name_instances(
    dataset: FileDataset, base: SourceSeries, follow: SourceSeries, other: Dataset
) -> None:
    """All that is referred to, by series, and by study where that is another one (C.12.2)."""
    own = []
    for source, series_uid, study_uid in (
        (base, base.series_uid, str(dataset.StudyInstanceUID)),
        (follow, str(other.SeriesInstanceUID), str(other.StudyInstanceUID)),
    ):
        series = Dataset()
        series.SeriesInstanceUID = series_uid
        series.ReferencedInstanceSequence = _images(source)
        if study_uid == str(dataset.StudyInstanceUID):
            own.append(series)
        else:
            study = Dataset()
            study.StudyInstanceUID = study_uid
            study.ReferencedSeriesSequence = [series]
            dataset.StudiesContainingOtherReferencedInstancesSequence = [study]
    dataset.ReferencedSeriesSequence = own
