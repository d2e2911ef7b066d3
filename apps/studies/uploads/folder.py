"""What a browser sends, written file by file into one folder that goes when the request ends."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from apps.core.errors import ApiError


class UploadTooLarge(ApiError):
    status = 413
    code = "upload_too_large"

    def __init__(self) -> None:
        limit = settings.UPLOAD_MAX_BYTES / 1024**2
        super().__init__(f"An upload may have at most {limit:.0f} MiB. Send it in parts.")


class TooManyFiles(ApiError):
    status = 413
    code = "too_many_files"

    def __init__(self) -> None:
        super().__init__(
            f"An upload may have at most {settings.UPLOAD_MAX_FILES} files. Send them in parts."
        )


class FolderFile(UploadedFile[bytes]):
    """A file that lies on disk and is not held open: there may be thousands."""

    def __init__(self, *, name: str, path: Path, size: int) -> None:
        super().__init__(file=None, name=name, size=size)
        self.path = path

    def close(self) -> None:
        """Nothing is open; the parser asks it of every file when it ends early."""


class FolderUploadHandler(FileUploadHandler):
    """Counts as it writes. A request that is cut off leaves its folder to ``remove``."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self._received = 0
        self._count = 0
        self._open: BinaryIO | None = None

    def handle_raw_input(
        self,
        input_data: Any,
        META: Mapping[str, str],
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        if content_length > settings.UPLOAD_MAX_BYTES:
            raise UploadTooLarge

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self._count >= settings.UPLOAD_MAX_FILES:
            raise TooManyFiles
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._count += 1
        self._path = self.folder / f"{self._count:06d}"
        self._open = self._path.open("wb")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._received += len(raw_data)
        if self._received > settings.UPLOAD_MAX_BYTES:
            raise UploadTooLarge
        if self._open is not None:
            self._open.write(raw_data)

    def file_complete(self, file_size: int) -> FolderFile:
        self._close()
        return FolderFile(name=self.file_name or "", path=self._path, size=file_size)

    def upload_interrupted(self) -> None:
        self.remove()

    def remove(self) -> None:
        self._close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


def uploads_folder() -> Path:
    return Path(settings.DATA_DIR) / "uploads"


def new_upload() -> tuple[uuid.UUID, FolderUploadHandler]:
    upload_id = uuid.uuid4()
    return upload_id, FolderUploadHandler(uploads_folder() / str(upload_id))
