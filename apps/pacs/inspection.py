"""Whether a file is a whole DICOM object, before it goes to the archive.

Everything that is refused is refused with a code for programs and a sentence for the person who
sent it. Pixels are not decoded: their bytes are counted.
"""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pydicom
from pydicom import config as pydicom_config
from pydicom.dataset import FileDataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, MediaStorageDirectoryStorage

from apps.pacs.errors import InstanceRefused

# Odd values are the archive's to keep, not ours to warn about line by line.
pydicom_config.settings.reading_validation_mode = pydicom_config.IGNORE

PREAMBLE = 128
OTHER_FORMATS = (
    (b"\xff\xd8\xff", "JPEG picture"),
    (b"\x89PNG", "PNG picture"),
    (b"GIF8", "GIF picture"),
    (b"BM", "bitmap picture"),
    (b"%PDF", "PDF document"),
    (b"\x1f\x8b", "gzip archive (a NIfTI file, perhaps)"),
    (b"\x5c\x01\x00\x00", "NIfTI file"),
    (b"7z\xbc\xaf", "7z archive"),
    (b"Rar!", "RAR archive"),
)
# Wider than DICOM's digits and dots, as files are; but never a way out of an address.
UID_PATTERN = re.compile(r"(?!.*\.\.)[0-9A-Za-z][0-9A-Za-z._\-]{0,63}")
IDENTIFIERS = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
UNDEFINED = 0xFFFFFFFF
ITEM, SEQUENCE_END = (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)
PIXEL_GROUP = 0x7FE0


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The identifiers of one whole DICOM object."""

    sop_class_uid: str
    sop_instance_uid: str
    series_uid: str
    study_uid: str


def inspect(source: Path | bytes) -> Identity:
    """Read one file up to its pixels and count those. Raises InstanceRefused."""
    stream: BinaryIO
    with BytesIO(source) if isinstance(source, bytes) else source.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(0)
        _check_start(stream.read(PREAMBLE + 4))
        stream.seek(0)
        dataset = _read(stream)
        identity = _identity(dataset)
        if dataset.file_meta.TransferSyntaxUID != DeflatedExplicitVRLittleEndian:
            _check_pixels(stream, size, dataset)
    return identity


def _check_start(start: bytes) -> None:
    if not start:
        raise InstanceRefused("The file is empty.", code="empty_file")
    if start[PREAMBLE:] == b"DICM":
        return
    for magic, name in OTHER_FORMATS:
        if start.startswith(magic):
            raise InstanceRefused(f"It is a {name}, not DICOM.", code="other_format")
    if start[:2] in (b"\x02\x00", b"\x08\x00") and start[3:4] == b"\x00":
        raise InstanceRefused(
            "The DICOM file header is missing: only a bare data set was sent.",
            code="header_missing",
        )
    raise InstanceRefused("It is not a DICOM file.", code="not_dicom")


def _read(stream: BinaryIO) -> FileDataset:
    damaged = InstanceRefused("It is damaged: its elements cannot be read.", code="unreadable")
    try:
        dataset = pydicom.dcmread(stream, stop_before_pixels=True)
        named = UID(dataset.file_meta.get("TransferSyntaxUID") or "")
    except InvalidDicomError:
        raise InstanceRefused("It is not a DICOM file.", code="not_dicom") from None
    except (EOFError, struct.error):
        raise InstanceRefused("It ends in the middle of its header.", code="truncated") from None
    except MemoryError:
        raise damaged from None
    except Exception as error:
        raise damaged from error
    if not named or not named.is_valid:
        raise InstanceRefused(
            "Its header does not name a transfer syntax.", code="transfer_syntax_missing"
        )
    return dataset


def _identity(dataset: FileDataset) -> Identity:
    if dataset.file_meta.get("MediaStorageSOPClassUID") == MediaStorageDirectoryStorage:
        raise InstanceRefused("A DICOMDIR is an index, not an image.", code="dicomdir")
    try:
        values = {name: str(dataset.get(name) or "").strip("\0 ") for name in IDENTIFIERS}
    except Exception as error:
        raise InstanceRefused(
            "It is damaged: its identifiers cannot be read.", code="unreadable"
        ) from error
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise InstanceRefused(
            f"It has no {', '.join(missing)}, so it belongs to no study.",
            code="identifiers_missing",
        )
    if any(len(value) > 64 for value in values.values()):
        raise InstanceRefused(
            "An identifier is longer than DICOM allows.", code="identifier_invalid"
        )
    if not all(UID_PATTERN.fullmatch(value) for value in values.values()):
        raise InstanceRefused(
            "An identifier holds characters that no identifier may have.",
            code="identifier_invalid",
        )
    return Identity(
        sop_class_uid=values["SOPClassUID"],
        sop_instance_uid=values["SOPInstanceUID"],
        series_uid=values["SeriesInstanceUID"],
        study_uid=values["StudyInstanceUID"],
    )


def _check_pixels(stream: BinaryIO, size: int, dataset: FileDataset) -> None:
    """``stream`` stands where the reader stopped: at the pixel data, or at the end."""
    big = not dataset.file_meta.TransferSyntaxUID.is_little_endian
    order = ">" if big else "<"
    header = stream.read(12)
    if len(header) < 8:
        _check_pixels_wanted(dataset)
        return
    group, _ = struct.unpack(order + "HH", header[:4])
    if group != PIXEL_GROUP:
        return
    if dataset.file_meta.TransferSyntaxUID.is_implicit_VR:
        (length,) = struct.unpack(order + "I", header[4:8])
        start = stream.tell() - len(header) + 8
    else:
        if len(header) < 12:
            raise _truncated()
        (length,) = struct.unpack(order + "I", header[8:12])
        start = stream.tell()
    if length == UNDEFINED:
        _check_fragments(stream, start, size, frames=_frames(dataset))
        return
    if start + length > size:
        raise _truncated()
    expected = _expected_bytes(dataset)
    if not dataset.file_meta.TransferSyntaxUID.is_compressed and length < expected:
        raise _truncated()


def _truncated() -> InstanceRefused:
    return InstanceRefused("Its pixel data are cut short.", code="pixel_data_truncated")


def _odd_numbers() -> InstanceRefused:
    """The reader has an error of its own for every way in which a number can be none."""
    return InstanceRefused(
        "It is damaged: the size of its images cannot be read.", code="unreadable"
    )


def _frames(dataset: FileDataset) -> int:
    try:
        return max(1, int(dataset.get("NumberOfFrames") or 1))
    except (TypeError, ValueError):
        return 1
    except Exception as error:
        raise _odd_numbers() from error


def _check_pixels_wanted(dataset: FileDataset) -> None:
    """An image object that ends before its pixels was cut short on the way."""
    try:
        wanted = bool(dataset.get("Rows")) and bool(dataset.get("BitsAllocated"))
    except Exception:  # noqa: BLE001 - an odd element is the archive's to judge
        wanted = False
    if wanted or "Image Storage" in UID(str(dataset.get("SOPClassUID"))).name:
        raise _truncated()


def _expected_bytes(dataset: FileDataset) -> int:
    try:
        rows, columns = int(dataset.get("Rows") or 0), int(dataset.get("Columns") or 0)
        samples, bits = (
            int(dataset.get("SamplesPerPixel") or 1),
            int(dataset.get("BitsAllocated") or 0),
        )
        if "422" in str(dataset.get("PhotometricInterpretation") or ""):
            samples = 2
    except (TypeError, ValueError):
        return 0
    except Exception as error:
        raise _odd_numbers() from error
    return math.ceil(rows * columns * samples * bits * _frames(dataset) / 8)


def _check_fragments(stream: BinaryIO, start: int, size: int, *, frames: int) -> None:
    """Walk the items of encapsulated pixel data (PS3.5 A.4): offset table, then fragments."""
    position, items = start, 0
    while position + 8 <= size:
        stream.seek(position)
        group, element, length = struct.unpack("<HHI", stream.read(8))
        if (group, element) == SEQUENCE_END:
            break
        if (group, element) != ITEM or position + 8 + length > size:
            raise _truncated()
        position, items = position + 8 + length, items + 1
    if items - 1 < frames:
        raise _truncated()
