"""Write a report draft as a structured report and store it beside its images."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import pydicom
from django.conf import settings

import ml.api
from apps.core.errors import NotFound
from apps.pacs.resources import series_fetch
from apps.pacs.store import instance_store
from apps.studies.models import Series
from ml.contracts.report import ReportDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReport:
    series_uid: str
    sop_instance_uid: str


def report_store(document: ReportDocument, *, series_uid: str) -> StoredReport:
    """Store ``document`` in the study of the series it was drafted from.

    The same document and version again replaces the object. Raises ``NotFound`` when the series
    has gone, ``MlError`` and the errors of the pacs.
    """
    series = Series.objects.filter(series_uid=series_uid).first()
    if series is None:
        raise NotFound("The series of this draft is no longer in the archive.")
    folder = Path(settings.DATA_DIR) / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="report-", dir=folder) as name:
        source, out = Path(name) / "in", Path(name) / "report.dcm"
        series_fetch(series.orthanc_id, source)
        ml.api.write_report_sr(document, source_dir=source, out_path=out)
        instance_store(out)
        written = pydicom.dcmread(out, stop_before_pixels=True)
    return StoredReport(
        series_uid=str(written.SeriesInstanceUID), sop_instance_uid=str(written.SOPInstanceUID)
    )
