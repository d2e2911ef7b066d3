"""Finding the DICOM objects of a folder, whatever else lies in it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pydicom
from pydicom.dataset import FileDataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filereader import read_file_meta_info
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from ml.contracts.errors import InputUnreadable

MAX_FILES = 20_000
# A deflated object is inflated whole before anything can be checked, up to a thousandfold.
MAX_DEFLATED_BYTES = 32 * 2**20

_IDENTITY = ("SeriesInstanceUID", "StudyInstanceUID", "Modality", "Rows", "Columns")

# What pydicom and the decoders raise on damaged files, besides their own errors.
DAMAGE = (
    InvalidDicomError,
    BytesLengthException,
    OSError,
    EOFError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    NotImplementedError,
    RuntimeError,  # RecursionError (endless nesting) and decoder failures
    MemoryError,
    struct.error,
    zlib.error,
)


def files_in(path: Path) -> list[Path]:
    """The non-empty files of a folder and its subfolders in a stable order, or the file itself.

    Raises:
        InputUnreadable: nothing is there, only empty files, or more than ``MAX_FILES``.
    """
    if path.is_file():
        found = [path]
    elif path.is_dir():
        found = []
        for entry in path.rglob("*"):
            if entry.is_file() and not entry.name.startswith("."):
                found.append(entry)
            if len(found) > MAX_FILES:
                raise InputUnreadable(f"The folder holds more than {MAX_FILES} files.")
        found.sort()
    else:
        raise InputUnreadable("There is no such file or folder.")
    if not found:
        raise InputUnreadable("The folder holds no files.")
    filled = [entry for entry in found if entry.stat().st_size > 0]
    if not filled:
        raise InputUnreadable("The file is empty." if path.is_file() else "Every file is empty.")
    return filled


def read_object(path: Path, *, pixels: bool = True) -> FileDataset:
    """One DICOM object, also where its preamble or its transfer syntax is missing.

    Raises:
        InputUnreadable: the file is no DICOM object, or is damaged.
    """
    try:
        _refuse_deflated_bomb(path)
        dataset = pydicom.dcmread(path, force=True, stop_before_pixels=not pixels)
        _complete(dataset)
        if not dataset.get("SOPClassUID") or not dataset.get("SOPInstanceUID"):
            raise InputUnreadable("The file is not a DICOM object.")
        # Values are converted when first asked for: what is broken shall show here.
        for keyword in _IDENTITY:
            dataset.get(keyword)
    except DAMAGE as error:
        raise InputUnreadable("The file is not a readable DICOM object.") from error
    return dataset


def objects_in(path: Path, *, pixels: bool = False) -> Iterator[tuple[Path, FileDataset | None]]:
    """Each file of a folder with its DICOM object, or None where it is not one."""
    for entry in files_in(path):
        try:
            yield entry, read_object(entry, pixels=pixels)
        except InputUnreadable:
            yield entry, None


def _refuse_deflated_bomb(path: Path) -> None:
    try:
        meta = read_file_meta_info(path)
    except InvalidDicomError:
        return  # no preamble, so no deflate either
    if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return
    with path.open("rb") as stream:
        # Preamble, "DICM", the group length element, then as much plain header as that says.
        stream.seek(128 + 4 + 12 + int(meta.FileMetaInformationGroupLength))
        packed = stream.read()
    if _inflated_size(packed) > MAX_DEFLATED_BYTES:
        raise InputUnreadable("The compressed object is implausibly large.")


def _inflated_size(packed: bytes) -> int:
    """Bytes that ``packed`` inflates to, counted only a little beyond the limit."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    size = 0
    while packed and size <= MAX_DEFLATED_BYTES and not inflater.eof:
        size += len(inflater.decompress(packed, 1 << 20))
        packed = inflater.unconsumed_tail
    return size


def _complete(dataset: FileDataset) -> None:
    """Fill in, from each other, what the file header and the object say twice."""
    for keyword in ("SOPClassUID", "SOPInstanceUID"):
        uid = dataset.file_meta.get(f"MediaStorage{keyword}")
        if uid and not dataset.get(keyword):  # some de-identification empties only the object
            setattr(dataset, keyword, uid)
    if dataset.file_meta.get("TransferSyntaxUID"):
        return
    implicit, little = dataset.original_encoding
    syntax: UID = ExplicitVRLittleEndian
    if implicit:
        syntax = ImplicitVRLittleEndian
    elif little is False:
        syntax = ExplicitVRBigEndian
    dataset.file_meta.TransferSyntaxUID = syntax
