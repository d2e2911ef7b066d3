"""Putting DICOM objects into Orthanc, and taking them out again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from apps.pacs.client import request
from apps.pacs.errors import InstanceRefused, PacsFailed, PacsFull, PacsNotFound

# How Orthanc answers an object that it cannot take in (an unavailable store answers 500 or 503).
REFUSALS = {400, 404, 415, 422}
# And how it says that its own disk has no room.
NO_ROOM = {"The file storage is full", "Cannot write to file"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredInstance:
    """Where Orthanc keeps an instance."""

    orthanc_id: str
    series_orthanc_id: str
    study_orthanc_id: str


def instance_store(source: bytes | Path) -> StoredInstance:
    """Store one DICOM file. The same SOP instance again replaces the one before.

    Raises InstanceRefused with a reason for a person when Orthanc cannot take it in, and PacsFull
    when it has no room.
    """
    content = source if isinstance(source, bytes) else source.read_bytes()
    try:
        answer = request(
            "POST", "/instances", content=content, headers={"content-type": "application/dicom"}
        ).json()
    except PacsNotFound:
        # Orthanc's "inexistent tag": an identifier that it needs is not in the file.
        raise InstanceRefused(
            "The archive refused it: a required identifier (patient, study, series or instance) "
            "is missing.",
            code="identifiers_missing",
        ) from None
    except PacsFailed as error:
        if error.pacs_status == 507 or error.reason in NO_ROOM:
            raise PacsFull(error.pacs_status, error.reason) from None
        if error.pacs_status not in REFUSALS:
            raise
        raise InstanceRefused(
            "The archive cannot read it as DICOM: it is damaged or cut short.", code="unreadable"
        ) from None
    return StoredInstance(
        orthanc_id=answer["ID"],
        series_orthanc_id=answer["ParentSeries"],
        study_orthanc_id=answer["ParentStudy"],
    )


def study_remove(study_orthanc_id: str) -> None:
    """Delete a study with all that belongs to it; nothing happens when it has gone already."""
    _remove(f"/studies/{study_orthanc_id}")


def series_remove(series_orthanc_id: str) -> None:
    _remove(f"/series/{series_orthanc_id}")


def instance_remove(orthanc_id: str) -> None:
    _remove(f"/instances/{orthanc_id}")


def _remove(path: str) -> None:
    try:
        request("DELETE", path)
    except PacsNotFound:
        return
