"""Orthanc 1.10 listens on every address of the machine and has no setting against it. A library
of a few lines, built at set-up and preloaded, keeps it on 127.0.0.1."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("loopback.c")
COMPILERS = ("cc", "gcc", "clang", "tcc")


def loopback_library_build(target: Path) -> bool:
    """Build the library at ``target``; False where the machine has no C compiler."""
    compiler = next((path for name in COMPILERS if (path := shutil.which(name))), None)
    if compiler is None:
        return False
    if target.exists() and target.stat().st_mtime >= SOURCE.stat().st_mtime:
        return True
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".building")
    built = subprocess.run(
        [compiler, "-shared", "-fPIC", "-nostdlib", "-o", str(draft), str(SOURCE)],
        capture_output=True,
        check=False,
        timeout=60,
    )
    if built.returncode != 0:
        return False
    draft.replace(target)
    return True
