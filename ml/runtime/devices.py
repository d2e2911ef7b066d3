"""The device a run computes on."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A place to compute: ``kind`` is also torch's name for it."""

    kind: Literal["cpu", "cuda"]
    threads: int


def prepare_environment() -> None:
    """Settings that must stand before torch is first imported in a process."""
    # Waiting threads that spin starve every other process of a busy machine (measured: 15 to
    # 1.2 tokens a second).
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def open_device(choice: str = "auto") -> Device:
    """Settle on a device. ``auto`` takes CUDA when there is one.

    Raises:
        ValueError: ``choice`` is none of auto, cpu, cuda, or cuda was asked for and is not there.
    """
    if choice not in ("auto", "cpu", "cuda"):
        raise ValueError(f"device must be auto, cpu or cuda, not {choice!r}")
    prepare_environment()
    import torch

    threads = len(os.sched_getaffinity(0))
    torch.set_num_threads(threads)
    available = torch.cuda.is_available()
    if choice == "cuda" and not available:
        raise ValueError("device is cuda, but this machine has none that torch can use")
    kind: Literal["cpu", "cuda"] = "cuda" if available and choice != "cpu" else "cpu"
    return Device(kind=kind, threads=threads)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception means that memory ran out, on the CPU or the GPU."""
    if isinstance(error, MemoryError):
        return True
    # torch.OutOfMemoryError, recognised by name so that this module stays light; its CPU
    # allocator raises a plain RuntimeError with a fixed text.
    return type(error).__name__ == "OutOfMemoryError" or (
        isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    )


def release_memory() -> None:
    """Give cached GPU memory back."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
