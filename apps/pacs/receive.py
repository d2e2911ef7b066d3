"""Taking many files into the archive at once: inspected, stored, and each refusal with a reason."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from apps.core.errors import ApiError
from apps.pacs.errors import InstanceRefused
from apps.pacs.inspection import Identity, inspect
from apps.pacs.store import instance_store

log = logging.getLogger(__name__)

# Orthanc's best rate was measured with four senders.
SENDERS = 4
# Files that are read ahead of what has been sent.
AHEAD = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one file: stored, unless there is a ``refusal``. ``identity`` is missing
    where the file does not tell it."""

    name: str
    identity: Identity | None = None
    refusal: InstanceRefused | None = None


def file_receive(name: str, path: Path, *, only_study: str = "") -> Outcome:
    """Inspect and store one file, which is then removed."""
    identity: Identity | None = None
    try:
        identity = _inspected(path)
        _check_study(identity, only_study)
        instance_store(path)
    except InstanceRefused as refusal:
        return Outcome(name=name, identity=identity, refusal=refusal)
    finally:
        path.unlink(missing_ok=True)
    return Outcome(name=name, identity=identity)


def _inspected(path: Path) -> Identity:
    """One file that the reader stumbles over must not end the upload of all others."""
    try:
        return inspect(path)
    except (ApiError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 - readers have errors of many kinds
        # Not the error itself: readers repeat values of the file in it.
        log.warning("a file could not be read: %s", type(error).__name__)
        raise InstanceRefused("It is damaged: it cannot be read.", code="unreadable") from None


def _check_study(identity: Identity, only_study: str) -> None:
    if only_study and identity.study_uid != only_study:
        raise InstanceRefused("It belongs to another study.", code="study_mismatch")


def files_receive(files: Iterable[tuple[str, Path]], *, only_study: str = "") -> Iterator[Outcome]:
    """Outcomes in the order of ``files``, of which only a few are read ahead: ``files`` may
    unpack as it goes. Raises PacsUnavailable when the archive goes away."""
    waiting: list[Future[Outcome]] = []
    source = iter(files)
    with ThreadPoolExecutor(SENDERS, thread_name_prefix="receive") as pool:
        try:
            while True:
                for name, path in islice(source, AHEAD - len(waiting)):
                    waiting.append(pool.submit(file_receive, name, path, only_study=only_study))
                if not waiting:
                    return
                yield waiting.pop(0).result()
        finally:
            for future in waiting:
                future.cancel()
