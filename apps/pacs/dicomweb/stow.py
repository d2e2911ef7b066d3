"""STOW-RS: the parts of a multipart body, inspected and stored like any other upload."""

from __future__ import annotations

import mmap
import shutil
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest

from apps.accounts.models import User
from apps.audit.services import audit_record
from apps.core.errors import ApiError
from apps.pacs.receive import Outcome, files_receive

CHUNK = 1024**2
# PS3.18 10.5.3, table I.2-2: what a failure reason means.
CANNOT_UNDERSTAND = 0xC000
DOES_NOT_MATCH = 0xA900
REASONS = {"study_mismatch": DOES_NOT_MATCH}


def stow_store(request: HttpRequest, *, actor: User, study_uid: str) -> tuple[int, dict[str, Any]]:
    """Status and DICOM JSON of the answer. ``study_uid``: only instances of this study."""
    boundary = _boundary(request.headers.get("content-type", ""))
    folder = Path(settings.DATA_DIR) / "uploads" / str(uuid4())
    folder.mkdir(parents=True, mode=0o700)
    try:
        body = folder / "body"
        _spool(request, body)
        if body.stat().st_size == 0:
            raise ApiError("The request has no body.", code="stow_empty")
        parts = list(_parts(body, boundary, folder))
        if not parts:
            raise ApiError("The body holds no part.", code="stow_empty")
        outcomes = list(files_receive(parts, only_study=study_uid))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    stored = [outcome for outcome in outcomes if outcome.refusal is None]
    audit_record(
        actor=actor,
        action="study.upload",
        object_type="stow",
        study_uid=study_uid,
        detail={"stored": len(stored), "refused": len(outcomes) - len(stored)},
    )
    status = 200 if len(stored) == len(outcomes) else 202 if stored else 409
    return status, _answer(outcomes, request.build_absolute_uri("/dicomweb/studies/"))


def _boundary(content_type: str) -> bytes:
    message = Message()
    message["content-type"] = content_type
    parts = message.get_param("type")
    boundary = message.get_param("boundary")
    if message.get_content_type() != "multipart/related" or parts not in (
        None,
        "application/dicom",
    ):
        raise ApiError(
            'Send multipart/related with type="application/dicom".',
            code="unsupported_media_type",
            status=415,
        )
    if not isinstance(boundary, str) or not 0 < len(boundary) <= 200 or not boundary.isascii():
        raise ApiError("The content type names no boundary.", code="stow_boundary_missing")
    return boundary.encode("ascii")


def _spool(request: HttpRequest, body: Path) -> None:
    size = 0
    with body.open("wb") as out:
        while chunk := request.read(CHUNK):
            size += len(chunk)
            if size > settings.UPLOAD_MAX_BYTES:
                raise ApiError("The request is too large.", code="upload_too_large", status=413)
            out.write(chunk)


def _parts(body: Path, boundary: bytes, folder: Path) -> Iterator[tuple[str, Path]]:
    """Write each part to a file of its own."""
    mark = b"--" + boundary
    with body.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start = data.find(mark)
        number = 0
        while start >= 0:
            start += len(mark)
            if data[start : start + 2] == b"--":
                return
            end = data.find(b"\r\n" + mark, start)
            header_end = data.find(b"\r\n\r\n", start)
            if end < 0 or not 0 <= header_end < end:
                raise ApiError("The body ends in the middle of a part.", code="stow_truncated")
            number += 1
            if number > settings.UPLOAD_MAX_FILES:
                raise ApiError("The request has too many parts.", code="too_many_files", status=413)
            path = folder / f"{number:06d}"
            path.write_bytes(data[header_end + 4 : end])
            yield f"part {number}", path
            start = end + 2
        raise ApiError("The body has no closing boundary.", code="stow_truncated")


def _answer(outcomes: list[Outcome], studies_url: str) -> dict[str, Any]:
    stored, failed = [], []
    for outcome in outcomes:
        identity = outcome.identity
        item: dict[str, Any] = {}
        if identity is not None:
            item["00081150"] = {"vr": "UI", "Value": [identity.sop_class_uid]}
            item["00081155"] = {"vr": "UI", "Value": [identity.sop_instance_uid]}
        if outcome.refusal is not None:
            reason = REASONS.get(outcome.refusal.code, CANNOT_UNDERSTAND)
            failed.append({**item, "00081197": {"vr": "US", "Value": [reason]}})
        elif identity is not None:
            url = (
                f"{studies_url}{identity.study_uid}/series/{identity.series_uid}"
                f"/instances/{identity.sop_instance_uid}"
            )
            stored.append({**item, "00081190": {"vr": "UR", "Value": [url]}})
    answer: dict[str, Any] = {}
    studies = {o.identity.study_uid for o in outcomes if o.identity and o.refusal is None}
    if len(studies) == 1:
        answer["00081190"] = {"vr": "UR", "Value": [f"{studies_url}{studies.pop()}"]}
    if stored:
        answer["00081199"] = {"vr": "SQ", "Value": stored}
    if failed:
        answer["00081198"] = {"vr": "SQ", "Value": failed}
    return answer
