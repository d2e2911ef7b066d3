"""The size that a compressed frame states of itself, without decoding it.

A decoder allocates what the codestream claims, whatever the DICOM header says.
"""

from __future__ import annotations

import struct

_JPEG_2000 = b"\xff\x4f\xff\x51"  # start of codestream, then image and tile size
_JPEG = b"\xff\xd8"
# Start of frame of every JPEG process (T.81 B.1.1.3) and of JPEG-LS (T.87); DHT, JPG and DAC lie
# between them.
_START_OF_FRAME = {0xF7, *range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_SEARCH_BYTES = 4096


def stated_size(frame: bytes) -> tuple[int, int] | None:
    """Rows and columns that a JPEG, JPEG-LS or JPEG 2000 frame claims; None for anything else,
    or where the header is damaged."""
    start = frame.find(_JPEG_2000, 0, _SEARCH_BYTES)
    try:
        if start >= 0:
            x, y, x_offset, y_offset = struct.unpack_from(">4I", frame, start + 8)
            return y - y_offset, x - x_offset
        if frame.startswith(_JPEG):
            return _jpeg_size(frame)
    except struct.error:
        return None
    return None


def _jpeg_size(frame: bytes) -> tuple[int, int] | None:
    position = len(_JPEG)
    while position + 4 <= len(frame) and frame[position] == 0xFF:
        marker = frame[position + 1]
        if marker == 0xFF:  # fill byte
            position += 1
            continue
        if marker in _START_OF_FRAME:
            rows, columns = struct.unpack_from(">2H", frame, position + 5)
            return rows, columns
        (length,) = struct.unpack_from(">H", frame, position + 2)
        position += 2 + length
    return None
