"""An archive that is made while it is sent: one file at a time in memory, and never all of it."""

from __future__ import annotations

import asyncio
import io
import shutil
import zipfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# DICOM has its own time; the archive's would only differ from one export to the next.
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFile:
    """``read`` gets the content when its turn comes."""

    name: str
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """``folder`` holds what was written for this export; it goes when the sending ends."""

    files: tuple[ExportFile, ...]
    folder: Path


class _Pipe(io.RawIOBase):
    """What was written since the last look. It cannot be rewound, and zipfile knows how to."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, part: object, /) -> int:
        content = bytes(memoryview(part))  # type: ignore[arg-type]
        self._parts.append(content)
        return len(content)

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


async def export_stream(export: Export) -> AsyncIterator[bytes]:
    """The octets of the archive. A file that cannot be had breaks it off: half an archive must not
    look like a whole one."""
    pipe = _Pipe()
    try:
        with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:
            for file in export.files:
                content = await asyncio.to_thread(file.read)
                archive.writestr(zipfile.ZipInfo(file.name, _MOMENT), content)
                yield pipe.take()
        yield pipe.take()
    finally:
        shutil.rmtree(export.folder, ignore_errors=True)
