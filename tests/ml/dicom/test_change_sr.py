"""The report of two visits: every lesion is there twice, under one tracking UID, and valid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pytest
from pydicom.sr.coding import Code

from ml.dicom.provenance import Algorithm
from ml.dicom.read import read_series
from ml.dicom.structures import Structure
from ml.dicom.uids import derived_uid
from ml.dicom.write_change_sr import LESION, LesionFigures, TwoVisits, write_change_sr
from ml.dicom.write_seg import write_seg
from ml.dicom.write_sr import VOLUME
from tests.conformance.dciodvfy import errors
from tests.ml.dicom.series import mr_series

ALGORITHM = Algorithm(name="Change between two visits", version="0.1.0")
RUN = "88888888-8888-4888-8888-888888888888"
FINDING = Code("49755003", "SCT", "Morphologically Abnormal Structure")


def test_both_visits_are_told(tmp_path: Path) -> None:
    for name in ("base", "follow"):
        mr_series(tmp_path / name, name=name)
    base, follow = (read_series(tmp_path / name) for name in ("base", "follow"))
    labels = np.zeros(base.shape, dtype=np.uint8)
    labels[2:4, 3:6, 2:5] = 1
    table = {1: Structure(label=1, name="L1", code=LESION, category=FINDING, colour=(255, 200, 0))}
    seg = write_seg(
        labels, base, algorithm=ALGORITHM, run_id=RUN, path=tmp_path / "seg.dcm", table=table
    )
    track = derived_uid(RUN, "L1")
    written = write_change_sr(
        [LesionFigures(track=track, name="L1", state="resolved", ml=(0.21, 0.0), labels=(1, 0))],
        TwoVisits(images=(base, follow), segs=(seg, None), volumes=({17: 3.1}, {17: 3.0})),
        algorithm=ALGORITHM,
        run_id=RUN,
        path=tmp_path / "sr.dcm",
    )
    report = hd.sr.srread(written.path)
    content: Any = report.content
    groups = [
        *content.get_volumetric_roi_measurement_groups(),
        *content.get_image_measurement_groups(),
    ]
    found = [
        (str(group.tracking_identifier), group.get_measurements(name=VOLUME)[0].value)
        for group in groups
        if group.tracking_uid == track
    ]
    assert sorted(value for _, value in found) == [0.0, 0.21]
    assert len(groups) == 4
    assert report.CompletionFlag == "PARTIAL"
    assert not errors(written.path)


def test_nothing_to_report_is_an_error(tmp_path: Path) -> None:
    mr_series(tmp_path / "base")
    base = read_series(tmp_path / "base")
    with pytest.raises(ValueError, match="nothing"):
        write_change_sr(
            [], TwoVisits(images=(base, base)), algorithm=ALGORITHM, run_id=RUN,
            path=tmp_path / "sr.dcm",
        )  # fmt: skip
    assert not (tmp_path / "sr.dcm").exists()
