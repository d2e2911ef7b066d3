"""Cleaning up behind requests that ended with their web process."""

from __future__ import annotations

import shutil
import time
from typing import Final

from apps.core.tasks import io_task
from apps.studies.uploads.folder import uploads_folder

# Longer than any upload takes to send its next file.
LEFT_AFTER_S: Final = 6 * 3600.0


@io_task(every=1800.0)
def uploads_clean() -> None:
    """Remove what uploads left that were cut off: a request removes its own folder when it ends."""
    before = time.time() - LEFT_AFTER_S
    for folder in uploads_folder().glob("*"):
        newest = max((path.stat().st_mtime for path in (folder, *folder.glob("*"))), default=0.0)
        if newest < before:
            shutil.rmtree(folder, ignore_errors=True)
