"""Frames as raw little-endian voxels, many at a time and in the order that was asked for."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from apps.pacs.client import async_client, raise_for_answer, send_async
from apps.pacs.configuration import DICOM_WEB_ROOT
from apps.pacs.errors import PacsFailed
from apps.pacs.storage import attachment_path, frame_read

# Implicit and explicit little endian, and the deflated form of it: bytes can be taken as they are.
UNPACKED = {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1"}
NATIVE = UNPACKED | {"1.2.840.10008.1.2.1.99"}
DECODED = 'multipart/related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.1'
# Requests in flight: more do not make Orthanc faster, fewer leave it waiting for us.
IN_FLIGHT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameAddress:
    """``index`` counts from 0, of ``frames`` in the instance. The UIDs are needed where Orthanc
    has to decode."""

    orthanc_id: str
    index: int
    frames: int
    study_uid: str
    series_uid: str
    sop_instance_uid: str


async def frame_stream(
    frames: Sequence[FrameAddress], *, series_id: str, transfer_syntax: str, frame_bytes: int
) -> AsyncIterator[bytes]:
    """Each frame whole, in order, while the next ones are already being read."""
    native = transfer_syntax in NATIVE
    files = await _files(series_id) if transfer_syntax in UNPACKED else {}
    waiting: deque[asyncio.Task[bytes]] = deque()
    try:
        for frame in frames:
            read = _frame(frame, files.get(frame.orthanc_id), native, frame_bytes)
            waiting.append(asyncio.create_task(read))
            if len(waiting) == IN_FLIGHT:
                yield await waiting.popleft()
        while waiting:
            yield await waiting.popleft()
    finally:
        for task in waiting:
            task.cancel()


async def _files(series_id: str) -> dict[str, Path]:
    """The file of each instance, where Orthanc's files lie on this machine."""
    if not await asyncio.to_thread(Path(settings.ORTHANC_STORAGE).is_dir):
        return {}
    instances = json.loads(await _get(f"/series/{series_id}/instances"))
    paths = {entry["ID"]: attachment_path(entry["FileUuid"]) for entry in instances}
    return {instance: path for instance, path in paths.items() if path is not None}


async def _frame(frame: FrameAddress, file: Path | None, native: bool, expected: int) -> bytes:
    if file is not None:
        found = await asyncio.to_thread(
            frame_read, file, index=frame.index, frame_bytes=expected, frames=frame.frames
        )
        if found is not None:
            return found
    if native:
        content = await _get(f"/instances/{frame.orthanc_id}/frames/{frame.index}/raw")
        if len(content) == expected:
            return content
    content = _only_part(await _get(_wado_path(frame), accept=DECODED))
    # A frame of odd length is padded to an even one (PS3.5 8.1.1).
    if len(content) < expected or len(content) > expected + 1:
        raise PacsFailed(200, "a frame has another size than its header says")
    return content[:expected]


def _wado_path(frame: FrameAddress) -> str:
    return (
        f"{DICOM_WEB_ROOT}studies/{frame.study_uid}/series/{frame.series_uid}"
        f"/instances/{frame.sop_instance_uid}/frames/{frame.index + 1}"
    )


async def _get(path: str, *, accept: str = "*/*") -> bytes:
    answer = await send_async(async_client().build_request("GET", path, headers={"accept": accept}))
    raise_for_answer(answer.status_code, answer.content)
    return answer.content


def _only_part(body: bytes) -> bytes:
    """The content of the one part of a multipart answer."""
    boundary_end = body.find(b"\r\n")
    start = body.find(b"\r\n\r\n")
    end = body.rfind(b"\r\n" + body[:boundary_end])
    if min(boundary_end, start) < 0 or end < start:
        raise PacsFailed(200, "an answer that is not multipart")
    return body[start + 4 : end]
