"""Who has looked at a study, once for each sitting and not once for each of its frames."""

from __future__ import annotations

import threading
import time
from typing import Any

from apps.audit.services import audit_record

SITTING_S = 600.0
_REMEMBERED_MAX = 10_000

_lock = threading.Lock()
_seen: dict[tuple[str, str], float] = {}


def viewed_lately(actor: Any, study_uid: str) -> bool:
    """Whether this is the same sitting; needs no database."""
    with _lock:
        seen = _seen.get((str(actor.pk), study_uid))
    return seen is not None and time.monotonic() - seen < SITTING_S


def objects_exported(actor: Any, study_uid: str, path: str) -> None:
    """Whole objects leave the archive: what is at the DICOMweb address ``path``."""
    level, uid = path.split("/")[-2:]
    audit_record(
        actor=actor,
        action="artifact.export",
        object_type={"studies": "study", "series": "series", "instances": "instance"}[level],
        object_id=uid,
        study_uid=study_uid,
    )


def study_viewed(actor: Any, study_uid: str) -> None:
    if viewed_lately(actor, study_uid):
        return
    audit_record(
        actor=actor,
        action="study.view",
        object_type="study",
        object_id=study_uid,
        study_uid=study_uid,
    )
    with _lock:
        if len(_seen) >= _REMEMBERED_MAX:
            _seen.clear()
        _seen[str(actor.pk), study_uid] = time.monotonic()
