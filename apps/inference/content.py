"""Give an artefact's file back, wherever it is kept."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from apps.core.errors import NotFound
from apps.inference.models import Artifact
from apps.inference.outputs import artifacts_folder
from apps.pacs.client import get_bytes
from apps.pacs.resources import instance_file, lookup


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    stream: BinaryIO
    name: str
    media_type: str


def artifact_content(artifact: Artifact) -> Content:
    """Raises ``NotFound`` when it was deleted meanwhile, and the errors of the pacs."""
    gone = NotFound("This artefact has been deleted.", code="artifact_gone")
    if artifact.path:
        path = (Path(settings.DATA_DIR) / artifact.path).resolve()
        if not path.is_relative_to(artifacts_folder().resolve()) or not path.is_file():
            raise gone
        return Content(stream=path.open("rb"), name=path.name, media_type=artifact.media_type)
    if artifact.sop_instance_uid:
        orthanc_id = lookup(artifact.sop_instance_uid, "Instance")
        if orthanc_id is None:
            raise gone
        return Content(
            stream=io.BytesIO(instance_file(orthanc_id)),
            name=f"{artifact.key}.dcm",
            media_type=artifact.media_type,
        )
    orthanc_id = lookup(artifact.series_uid, "Series")
    if orthanc_id is None:
        raise gone
    return Content(
        stream=io.BytesIO(get_bytes(f"/series/{orthanc_id}/archive")),
        name=f"{artifact.key}.zip",
        media_type="application/zip",
    )
