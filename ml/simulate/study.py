"""A visit as a DICOM study: image series, segmentations, a structure set, all marked synthetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code
from scipy import ndimage

from ml.dicom.image_series import Generated, NewSeries
from ml.dicom.provenance import Algorithm
from ml.dicom.read import read_series
from ml.dicom.structures import Structure
from ml.dicom.uids import derived_uid
from ml.dicom.write_image import MrSequence, write_ct, write_mr
from ml.dicom.write_rtstruct import Region, write_rtstruct
from ml.dicom.write_seg import write_seg
from ml.imaging.volume import Volume
from ml.simulate import labels
from ml.simulate.patient import CAVITY_ID, TUMOUR_CORE_ID, TUMOUR_OEDEMA_ID, Visit
from ml.simulate.rendering import Rendered

FIRST_VISIT = datetime(2020, 1, 6, 9, 0, tzinfo=UTC)
# Lesions are numbered apart from the structures of the head.
LESION_LABELS = 10_000
MR_SCALE = 1000.0

_ABNORMAL = Code("49755003", "SCT", "Morphologically Abnormal Structure")
_LESION = Code("52988006", "SCT", "Lesion")
_NEOPLASM = Code("108369006", "SCT", "Neoplasm")
_OEDEMA = Code("79654002", "SCT", "Edema")
_BLEEDING = Code("50960005", "SCT", "Hemorrhage")
_KINDS: Mapping[str, tuple[Code, tuple[int, int, int]]] = {
    "MS plaque": (_LESION, (255, 210, 60)),
    "tumour core": (_NEOPLASM, (230, 40, 40)),
    "tumour oedema": (_OEDEMA, (250, 150, 60)),
    "resection cavity": (_LESION, (70, 160, 240)),
    "haematoma": (_BLEEDING, (190, 20, 60)),
    "haematoma oedema": (_OEDEMA, (250, 180, 120)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyOf:
    """What the studies of one patient share: ``key`` decides all UIDs."""

    key: str
    patient_id: str
    scenario: str
    algorithm: Algorithm

    def taken_at(self, visit: Visit) -> datetime:
        return FIRST_VISIT + timedelta(days=visit.day)

    def uid(self, visit: Visit, name: str) -> str:
        return derived_uid(self.key, f"day-{visit.day:g}/{name}")


def write_study(
    visit: Visit,
    series: list[Rendered],
    grid: Volume,
    out_dir: Path,
    *,
    of: StudyOf,
    planning: bool,
) -> list[Path]:
    """Write ``series`` of ``visit`` under ``out_dir``, one folder each, then on the first of them
    the segmentations and, with ``planning``, a structure set.

    Raises:
        ValueError: a CT whose grid does not run along +LPS with square pixels, or a first series
            that does not lie on the grid of the visit.
    """
    paths: list[Path] = []
    for number, rendered in enumerate(series, start=1):
        placed = on_its_grid(rendered, grid)
        paths += _write_series(rendered, visit, placed, out_dir=out_dir, of=of, number=number)
    reference = read_series(out_dir / folder_of(series[0].name))
    if reference.shape != visit.label_ids.shape:
        raise ValueError("the first series of a scenario must lie on the grid of its labels")
    return paths + _write_masks(visit, reference, out_dir, of, planning=planning)


def folder_of(series_name: str) -> str:
    """A folder's name for a series."""
    return series_name.lower().replace(" ", "-")


def on_its_grid(rendered: Rendered, grid: Volume) -> Volume:
    """A rendered series with its place: slices start and step as it says."""
    affine = grid.affine.copy()
    up = affine[:3, 2] / np.linalg.norm(affine[:3, 2])
    affine[:3, 2] = up * rendered.step_mm
    affine[:3, 3] += up * rendered.first_mm
    return Volume(array=rendered.image, affine=affine)


def _write_series(
    rendered: Rendered, visit: Visit, volume: Volume, *, out_dir: Path, of: StudyOf, number: int
) -> list[Path]:
    """``volume``: the rendered image on its grid."""
    moment = of.taken_at(visit)
    marks = Generated(
        algorithm=of.algorithm,
        derivation=f"Simulated {rendered.name} of a label map, scenario {of.scenario}, day "
        f"{visit.day:g}. No patient was scanned.",
    )
    new = NewSeries(
        series_uid=of.uid(visit, rendered.name),
        frame_of_reference_uid=of.uid(visit, "frame"),
        number=number,
        description=rendered.name,
        protocol=rendered.name,
        body_part="HEAD",
        taken_at=moment,
    )
    folder, study = out_dir / folder_of(rendered.name), _study(visit, of)
    if rendered.modality == "CT":
        return write_ct(volume, folder, study=study, series=new, generated=marks)
    stored = np.clip(np.rint(MR_SCALE * rendered.image), 0, 65535).astype(np.uint16)
    return write_mr(
        volume.like(stored),
        folder,
        study=study,
        series=new,
        sequence=_sequence(rendered),
        generated=marks,
    )


def _sequence(rendered: Rendered) -> MrSequence:
    protocol = rendered.protocol
    if protocol is None:
        return MrSequence()
    settings = protocol.settings
    return MrSequence(
        scanning_sequence=protocol.scanning_sequence,
        sequence_variant=protocol.sequence_variant,
        acquisition_type="3D" if protocol.gradient_echo else "2D",
        repetition_time_ms=settings["repetition_ms"],
        echo_time_ms=settings["echo_ms"],
        inversion_time_ms=settings.get("inversion_ms"),
        flip_angle=settings.get("flip_degrees"),
    )


def _write_masks(
    visit: Visit, reference: Volume, out_dir: Path, of: StudyOf, *, planning: bool
) -> list[Path]:
    tissue = labels.code_to_tissue()[labels.encode(visit.label_ids)]
    left = labels.code_to_side()[labels.encode(visit.label_ids)] == labels.Side.LEFT
    structures = labels.combine(tissue, left)
    run = derived_uid(of.key, f"day-{visit.day:g}")
    paths = [
        write_seg(
            structures,
            reference,
            algorithm=of.algorithm,
            run_id=run,
            path=out_dir / "seg-structures.dcm",
            title="Simulated truth: structures",
        ).path
    ]
    table = lesion_table(visit)
    lesions = np.where(visit.lesion_ids > 0, visit.lesion_ids.astype(np.int32) + LESION_LABELS, 0)
    if np.isin(lesions, list(table)).any():
        paths.append(
            write_seg(
                lesions,
                reference,
                algorithm=of.algorithm,
                run_id=run,
                path=out_dir / "seg-lesions.dcm",
                key="seg-lesions",
                table=table,
                title="Simulated truth: lesions",
            ).path
        )
    if planning:
        paths.append(
            write_rtstruct(
                planning_regions(visit),
                reference,
                algorithm=of.algorithm,
                run_id=run,
                path=out_dir / "rtstruct.dcm",
                label="SIMULATED",
                made_at=of.taken_at(visit),
            ).path
        )
    return paths


def lesion_table(visit: Visit) -> dict[int, Structure]:
    """The lesions of ``visit`` as coded segments, by ``LESION_LABELS`` and their id."""
    table = {}
    for lesion in visit.lesions:
        code, colour = _KINDS[lesion.kind]
        label = LESION_LABELS + lesion.lesion_id
        table[label] = Structure(
            label=label,
            name=f"{lesion.kind} {lesion.lesion_id}",
            code=code,
            category=_ABNORMAL,
            colour=colour,
        )
    return table


def planning_regions(visit: Visit) -> list[Region]:
    """What a planner contours: body, brain, organs at risk, target volumes where there are any."""
    ids = visit.label_ids
    brain = np.isin(ids, [i for t in labels.TISSUES if t.in_brain for i in (t.left_id, t.right_id)])
    core = visit.lesion_ids == TUMOUR_CORE_ID
    cavity = visit.lesion_ids == CAVITY_ID
    visible = core | cavity | (visit.lesion_ids == TUMOUR_OEDEMA_ID)
    candidates = [
        Region(name="External", mask=_filled(ids > 0), interpreted_type="EXTERNAL"),
        Region(name="Brain", mask=_filled(brain), colour=(230, 170, 170)),
        Region(name="Brainstem", mask=ids == 16, colour=(119, 159, 176)),
        Region(name="Eyes", mask=ids == 506, colour=(90, 200, 240)),
        Region(name="Spinal cord", mask=ids == 512, colour=(240, 240, 160)),
        Region(name="GTV", mask=core, interpreted_type="GTV", colour=(230, 40, 40)),
        Region(name="CTV", mask=visible, interpreted_type="CTV", colour=(250, 150, 60)),
        Region(name="Cavity", mask=cavity, interpreted_type="CAVITY", colour=(70, 160, 240)),
    ]
    return [region for region in candidates if region.mask.any()]


def _filled(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Holes of each slice filled: sinuses belong to the body."""
    filled: NDArray[np.bool_] = np.stack([ndimage.binary_fill_holes(plane) for plane in mask])
    return filled


def _study(visit: Visit, of: StudyOf) -> Dataset:
    study = Dataset()
    study.SpecificCharacterSet = "ISO_IR 100"
    study.PatientName = "Simulated^Head"
    study.PatientID = of.patient_id
    study.PatientBirthDate = ""
    study.PatientSex = "O"
    study.StudyInstanceUID = of.uid(visit, "study")
    moment = of.taken_at(visit)
    study.StudyDate, study.StudyTime = f"{moment:%Y%m%d}", f"{moment:%H%M%S}"
    study.StudyID = f"DAY{visit.day:g}"[:16]
    study.StudyDescription = f"Simulated head, {of.scenario}, day {visit.day:g}"
    study.AccessionNumber = ""
    study.ReferringPhysicianName = ""
    return study
