"""Frames as raw little-endian voxels, many at a time and in the order that was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from apps.pacs.client import async_client, raise_for_answer, send_async
from apps.pacs.configuration import DICOM_WEB_ROOT
from apps.pacs.errors import PacsFailed

# Implicit and explicit little endian, and the deflated form of it: bytes can be taken as they are.
NATIVE = {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"}
DECODED = 'multipart/related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.1'
# Requests in flight: more do not make Orthanc faster, fewer leave it waiting for us.
IN_FLIGHT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameAddress:
    """``index`` counts from 0. The UIDs are needed where Orthanc has to decode."""

    orthanc_id: str
    index: int
    study_uid: str
    series_uid: str
    sop_instance_uid: str


async def frame_stream(
    frames: Sequence[FrameAddress], *, transfer_syntax: str, frame_bytes: int
) -> AsyncIterator[bytes]:
    """Each frame whole, in order, while the next ones are already being read."""
    native = transfer_syntax in NATIVE
    waiting: list[asyncio.Task[bytes]] = []
    upcoming = iter(frames)
    try:
        for frame in frames[:IN_FLIGHT]:
            next(upcoming)
            waiting.append(asyncio.create_task(_frame(frame, native, frame_bytes)))
        while waiting:
            content = await waiting.pop(0)
            if (following := next(upcoming, None)) is not None:
                waiting.append(asyncio.create_task(_frame(following, native, frame_bytes)))
            yield content
    finally:
        for task in waiting:
            task.cancel()


async def _frame(frame: FrameAddress, native: bool, expected: int) -> bytes:
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
