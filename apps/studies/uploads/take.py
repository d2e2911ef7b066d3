"""One upload, from the files in its folder to an answer for each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import UUID

from django.conf import settings

from apps.accounts.models import User
from apps.audit.services import audit_record
from apps.core.errors import Refused
from apps.pacs.errors import InstanceRefused
from apps.pacs.receive import Outcome, files_receive
from apps.studies.uploads.folder import FolderFile
from apps.studies.uploads.unpack import Allowance, ArchiveRefused, archive_files, is_zip


@dataclass(slots=True, kw_only=True)
class Taken:
    upload_id: UUID
    stored: list[Outcome] = field(default_factory=list)
    refused: list[tuple[str, InstanceRefused]] = field(default_factory=list)

    @property
    def studies(self) -> list[str]:
        uids = (outcome.identity.study_uid for outcome in self.stored if outcome.identity)
        return list(dict.fromkeys(uids))


def upload_take(
    *, actor: User, upload_id: UUID, folder: Path, files: Sequence[FolderFile]
) -> Taken:
    """Store what is good, and say of the rest why it is not. Files are removed as they are done."""
    if not files:
        raise Refused("The upload holds no file.", code="upload_empty")
    taken = Taken(upload_id=upload_id)
    allowance = Allowance(
        entries=settings.UPLOAD_MAX_FILES, bytes=settings.UPLOAD_MAX_BYTES, refused=taken.refused
    )
    for outcome in files_receive(_opened(files, folder, allowance)):
        if outcome.refusal is not None:
            taken.refused.append((outcome.name, outcome.refusal))
        else:
            taken.stored.append(outcome)
    audit_record(
        actor=actor,
        action="study.upload",
        object_type="upload",
        object_id=upload_id,
        detail={
            "stored": len(taken.stored),
            "refused": len(taken.refused),
            "studies": taken.studies[:50],
        },
    )
    return taken


def _opened(
    files: Sequence[FolderFile], folder: Path, allowance: Allowance
) -> Iterator[tuple[str, Path]]:
    """Every single file, those of archives unpacked one by one as they are asked for."""
    numbers = count()
    for file in files:
        name = shown_name(file.name or "")
        if not is_zip(file.path):
            yield name, file.path
            continue
        try:
            yield from archive_files(
                file.path,
                next_path=lambda: folder / f"entry-{next(numbers):06d}",
                allowance=allowance,
            )
        except ArchiveRefused as refusal:
            allowance.refused.append((name, refusal))


def shown_name(name: str) -> str:
    """The last part of a name, cut short: the folders before it often name the patient."""
    return PurePosixPath(name.replace("\\", "/")).name[:200] or "(no name)"


def taken_shown(taken: Taken) -> dict[str, Any]:
    return {
        "upload_id": str(taken.upload_id),
        "stored": [
            {
                "name": outcome.name,
                "sop_instance_uid": outcome.identity.sop_instance_uid,
                "study_uid": outcome.identity.study_uid,
                "series_uid": outcome.identity.series_uid,
            }
            for outcome in taken.stored
            if outcome.identity is not None
        ],
        "refused": [
            {"name": shown_name(name), "code": refusal.code, "reason": refusal.user_message}
            for name, refusal in taken.refused
        ],
        "studies": taken.studies,
    }
