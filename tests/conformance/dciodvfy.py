"""dicom3tools' validator, as a list of errors."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

# Synthetic Data (0008,001C) is younger than Debian's dicom3tools.
_UNKNOWN_TO_THE_TOOL = "(0x0008,0x001c)"


def errors(path: Path) -> list[str]:
    """What ``dciodvfy`` calls an error in ``path``; the test is skipped where it is missing."""
    tool = shutil.which("dciodvfy")
    if tool is None:
        pytest.skip("no dciodvfy: apt-get install dicom3tools")
    done = subprocess.run([tool, str(path)], capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    return [line for line in lines if "Error" in line and _UNKNOWN_TO_THE_TOOL not in line]
