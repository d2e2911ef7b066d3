"""Zip archives, opened with suspicion: what they claim is checked, and counted as it comes."""

from __future__ import annotations

import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from apps.pacs.errors import InstanceRefused

ZIP_MAGIC = b"PK\x03\x04"
EMPTY_ZIP_MAGIC = b"PK\x05\x06"
CHUNK = 1024**2
# An archive that grows this much beyond this size is a bomb, not a study.
RATIO_MAX = 200
RATIO_MATTERS_ABOVE = 100 * 1024**2
# An entry of an archive's directory: 46 bytes, its name, and what systems add.
DIRECTORY_BYTES_AN_ENTRY = 512
# The end of the directory, and that of zip64 before it; a comment of 64 KiB may follow.
END_MAGIC, WIDE_END_MAGIC, WIDE_POINTER_MAGIC = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
END_REACHES = 66 * 1024
# That of zip64 takes 56 bytes, and what points to it 20.
WIDE_END_BEFORE, WIDE_POINTER_BEFORE = 76, 20
# What desktop systems leave in every folder.
LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}


# What the readers of the methods of compression raise on what they did not write.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)


class ArchiveRefused(InstanceRefused):
    code = "archive_refused"


@dataclass(slots=True, kw_only=True)
class Allowance:
    """What one upload may still unpack."""

    entries: int
    bytes: int
    refused: list[tuple[str, InstanceRefused]] = field(default_factory=list)

    def take(self, size: int) -> None:
        self.bytes -= size
        if self.bytes < 0:
            raise ArchiveRefused(
                "It unpacks to more than an upload may hold.", code="archive_too_large"
            )


def is_zip(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) in (ZIP_MAGIC, EMPTY_ZIP_MAGIC)


def archive_files(
    path: Path, *, next_path: Callable[[], Path], allowance: Allowance
) -> Iterator[tuple[str, Path]]:
    """Name and unpacked file of each entry; refused entries go to ``allowance.refused``.

    Names are never used as paths. Raises ArchiveRefused when the archive as a whole is refused.
    """
    _check_directory(path, allowance)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _damaged_archive() from error
    with archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        _check_archive(entries, path.stat().st_size, allowance)
        for entry in entries:
            name = PurePosixPath(entry.filename.replace("\\", "/")).name
            if name in LITTER or "__MACOSX/" in entry.filename:
                continue
            try:
                target = next_path()
                _check_entry(entry)
                _unpack(archive, entry, target, allowance)
            except ArchiveRefused as refusal:
                target.unlink(missing_ok=True)
                allowance.refused.append((name, refusal))
                if refusal.code == "archive_too_large":
                    return
                continue
            yield name, target


def _damaged_archive() -> ArchiveRefused:
    return ArchiveRefused("The zip archive is damaged.", code="archive_damaged")


def _check_directory(path: Path, allowance: Allowance) -> None:
    """Look at the size of the archive's directory before it is read: it is held in memory whole."""
    with path.open("rb") as stream:
        length = stream.seek(0, 2)
        stream.seek(max(0, length - END_REACHES))
        tail = stream.read()
    at = tail.rfind(END_MAGIC)
    if at < 0 or len(tail) < at + 20:
        raise _damaged_archive()
    entries, size = struct.unpack_from("<HI", tail, at + 10)
    # Where zipfile looks for it, and nowhere else: two answers would be one to hide behind.
    wide, pointer = at - WIDE_END_BEFORE, at - WIDE_POINTER_BEFORE
    if (
        wide >= 0
        and tail.startswith(WIDE_END_MAGIC, wide)
        and tail.startswith(WIDE_POINTER_MAGIC, pointer)
    ):
        entries, size = struct.unpack_from("<QQ", tail, wide + 32)
    if entries > allowance.entries or size > DIRECTORY_BYTES_AN_ENTRY * max(1, allowance.entries):
        raise ArchiveRefused("It holds more files than an upload may.", code="too_many_files")


def _check_archive(entries: list[zipfile.ZipInfo], size: int, allowance: Allowance) -> None:
    allowance.entries -= len(entries)
    if allowance.entries < 0:
        raise ArchiveRefused("It holds more files than an upload may.", code="too_many_files")
    claimed = sum(entry.file_size for entry in entries)
    if claimed > allowance.bytes:
        raise ArchiveRefused(
            "It unpacks to more than an upload may hold.", code="archive_too_large"
        )
    if claimed > RATIO_MATTERS_ABOVE and claimed > RATIO_MAX * max(1, size):
        raise ArchiveRefused("It unpacks to far more than any study: a zip bomb.", code="zip_bomb")


def _check_entry(entry: zipfile.ZipInfo) -> None:
    parts = PurePosixPath(entry.filename.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or ":" in (parts.parts or ("",))[0]:
        raise ArchiveRefused("Its path leads out of the archive.", code="path_traversal")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise ArchiveRefused("It is a link, not a file.", code="link")
    if entry.flag_bits & 0x1:
        raise ArchiveRefused("It is encrypted.", code="encrypted")


def _unpack(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, allowance: Allowance
) -> None:
    damaged = ArchiveRefused("It is damaged in the archive.", code="archive_damaged")
    try:
        source = archive.open(entry)
    except DAMAGE as error:
        raise damaged from error
    with source, target.open("wb") as out:
        first = True
        while True:
            # Only the reading: a disk that is full while writing is no fault of the archive.
            try:
                chunk = source.read(CHUNK)
            except DAMAGE as error:
                raise damaged from error
            if not chunk:
                return
            if first and chunk[:4] == ZIP_MAGIC:
                raise ArchiveRefused("It is an archive within an archive.", code="nested_archive")
            first = False
            allowance.take(len(chunk))
            out.write(chunk)
