"""Store what a run wrote: DICOM objects in the archive, other files in the data folder."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path
from typing import Any, Final

import pydicom
from django.conf import settings

from apps.inference.models import Artifact
from apps.jobs.lease import Lease
from apps.pacs.store import instance_store
from ml.contracts.events import ArtifactReady

DICOM: Final = "application/dicom"
_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


class OutputRefused(Exception):
    """A pipeline announced something that is not a file of its own folder."""


def artifacts_folder() -> Path:
    return Path(settings.DATA_DIR) / "artifacts"


def artifact_store(lease: Lease, out_dir: Path, ready: ArtifactReady) -> Artifact:
    """Store one announced output and its row.

    Doing it again replaces: the UIDs of DICOM objects and the names of files follow from the job
    and the key, whichever attempt wrote them. Raises ``OutputRefused`` and the errors of the pacs.
    """
    source = (out_dir / ready["path"]).resolve()
    inside = source.is_relative_to(out_dir.resolve()) and source.exists()
    if not inside or not _KEY.fullmatch(ready["key"]):
        raise OutputRefused(f"The output {ready['key']!r} is not in the run's folder.")
    values = (
        _to_archive(source) if ready["media_type"] == DICOM else _to_folder(lease, ready, source)
    )
    artifact, _created = Artifact.objects.update_or_create(
        job_id=lease.job_id,
        key=ready["key"],
        defaults={
            "kind": ready["kind"],
            "title": ready["title"],
            "media_type": ready["media_type"],
            "incomplete": bool(ready.get("incomplete")),
            **values,
        },
    )
    return artifact


def _to_archive(source: Path) -> dict[str, Any]:
    """One DICOM file, or a folder with the files of one series."""
    files = sorted(source.iterdir()) if source.is_dir() else [source]
    if not files:
        raise OutputRefused("An announced series has no files.")
    for file in files:
        instance_store(file)
    first = pydicom.dcmread(files[0], stop_before_pixels=True)
    return {
        "series_uid": str(first.SeriesInstanceUID),
        "sop_instance_uid": str(first.SOPInstanceUID) if len(files) == 1 else "",
        "path": "",
        "size": sum(file.stat().st_size for file in files),
        "sha256": _digest(source) if len(files) == 1 and source.is_file() else "",
    }


def _to_folder(lease: Lease, ready: ArtifactReady, source: Path) -> dict[str, Any]:
    folder = artifacts_folder() / str(lease.job_id)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{ready['key']}{''.join(source.suffixes)}"
    # Written aside and moved: a reader never sees half a file.
    draft = folder / f".{target.name}.{lease.token}"
    shutil.copyfile(source, draft)
    draft.replace(target)
    return {
        "series_uid": "",
        "sop_instance_uid": "",
        "path": str(target.relative_to(settings.DATA_DIR)),
        "size": target.stat().st_size,
        "sha256": _digest(target),
    }


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def artifact_event(artifact: Artifact) -> dict[str, Any]:
    """The data of ``artifact.stored``."""
    return {
        "artifact": str(artifact.pk),
        "key": artifact.key,
        "kind": artifact.kind,
        "title": artifact.title,
        "series_uid": artifact.series_uid or None,
        "sop_instance_uid": artifact.sop_instance_uid or None,
        "url": f"/api/v1/artifacts/{artifact.pk}/content",
        "incomplete": artifact.incomplete,
    }
