"""Reading voxels straight from Orthanc's files where they lie on this machine.

Orthanc keeps each object as it came, at ``ab/cd/abcd….`` by the identifier of its attachment. The
pixel data of an uncompressed object are nearly always its last element: that is checked in the
file itself, and whatever is otherwise is left to Orthanc's HTTP interface.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path

from django.conf import settings

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# (7FE0,0010) OW or OB, reserved, length; in implicit VR the length follows the tag.
_TAG = b"\xe0\x7f\x10\x00"
# Parametric maps keep real numbers, in (7FE0,0008) OF.
_REAL = b"\xe0\x7f\x08\x00OF\0\0"
_EXPLICIT = (_TAG + b"OW\0\0", _TAG + b"OB\0\0", _REAL)


def attachment_path(uuid: str) -> Path | None:
    if not _UUID.fullmatch(uuid):
        return None
    return Path(settings.ORTHANC_STORAGE) / uuid[:2] / uuid[2:4] / uuid


def frame_read(path: Path, *, index: int, frame_bytes: int, frames: int) -> bytes | None:
    """Frame ``index`` (from 0) of an uncompressed little-endian object, or nothing where the file
    is not there or its pixel data do not stand where they are looked for."""
    length = frame_bytes * frames
    length += length % 2
    try:
        with path.open("rb") as stream:
            start = stream.seek(0, 2) - length
            if start < 12:
                return None
            stream.seek(start - 12)
            header = stream.read(12)
            size = struct.pack("<I", length)
            explicit = header[:8] in _EXPLICIT and header[8:] == size
            implicit = header[4:8] == _TAG and header[8:] == size
            if not (explicit or implicit):
                return None
            stream.seek(start + index * frame_bytes)
            content = stream.read(frame_bytes)
    except OSError:
        return None
    return content if len(content) == frame_bytes else None
