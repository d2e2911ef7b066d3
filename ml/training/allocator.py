"""Settings of the C library's allocator that training runs under."""

from __future__ import annotations

import os
import sys

# Read by the C library when a process starts. Keeping freed memory, in large pages, spares the
# zeroing of every activation in every step: two to three times as many steps a minute.
ALLOCATOR = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "17179869184",
    "MALLOC_TOP_PAD_": "268435456",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    "OMP_WAIT_POLICY": "PASSIVE",
}


def start_again_with_it(module: str) -> None:
    """Replace this process by itself under :data:`ALLOCATOR`, unless it runs under it already.
    ``module``: what ``python -m`` was called with."""
    missing = {key: value for key, value in ALLOCATOR.items() if key not in os.environ}
    if missing and sys.platform == "linux":
        command = [sys.executable, "-m", module, *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, **missing})  # noqa: S606 - this program
