"""dicom3tools' validator, as a list of errors."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

# Errors that are the tool's own, each with its reason.
TOLERATED = {
    "not a recognized standard attribute - (0x0008,0x001c)": (
        "Synthetic Data is younger than Debian's dicom3tools (2022)"
    ),
}


def errors(path: Path) -> list[str]:
    """What ``dciodvfy`` calls an error in ``path``; the test is skipped where it is missing.

    It dies on pixels of 32 bits, whoever wrote them: give it the object with 16.
    """
    tool = shutil.which("dciodvfy")
    if tool is None:
        pytest.skip("no dciodvfy: apt-get install dicom3tools")
    done = subprocess.run(
        [tool, str(path)], capture_output=True, text=True, errors="replace", check=False
    )
    assert done.returncode >= 0, f"dciodvfy died: {done.stderr}"
    lines = (done.stdout + done.stderr).splitlines()
    return [
        line for line in lines if "Error" in line and not any(known in line for known in TOLERATED)
    ]
