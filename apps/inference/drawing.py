"""Store what a person drew as a structure set beside its images."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import pydicom
from django.conf import settings

import ml.api
from apps.core.errors import Refused
from apps.pacs.resources import series_fetch
from apps.pacs.store import instance_store
from apps.studies.models import Series
from ml.contracts.drawing import Drawing
from ml.contracts.errors import MlError


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredStructures:
    series_uid: str
    sop_instance_uid: str


def drawing_store(drawing: Drawing, *, series: Series) -> StoredStructures:
    """The same drawing again replaces the object. Raises ``Refused`` (drawing_refused) where it
    does not fit the series, and the errors of the pacs."""
    folder = Path(settings.DATA_DIR) / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="drawing-", dir=folder) as name:
        source, out = Path(name) / "in", Path(name) / "structures.dcm"
        series_fetch(series.orthanc_id, source)
        try:
            ml.api.write_drawn_structures(drawing, source_dir=source, out_path=out)
        except MlError as error:
            raise Refused(error.user_message, code="drawing_refused") from error
        instance_store(out)
        written = pydicom.dcmread(out, stop_before_pixels=True)
    return StoredStructures(
        series_uid=str(written.SeriesInstanceUID), sop_instance_uid=str(written.SOPInstanceUID)
    )
