"""What a pipeline is handed, and how it tells of its steps.

A pipeline SHALL expose ``run(context: RunContext) -> Iterator[Event]`` and MAY expose
``warm(resources: Resources) -> None``. It SHALL bracket its work with ``context.steps``, look at
``context.cancel`` at least every half second where that is possible, read weights only through
``context.weights``, write files only under ``context.request.out_dir`` and announce each with an
``artifact.ready``. It SHALL NOT yield ``result``: the runtime does, from what it saw.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ml.contracts.cancel import CancelToken
from ml.contracts.errors import WeightsMissing
from ml.contracts.events import ArtifactKind, Event
from ml.contracts.manifest import Manifest
from ml.contracts.request import ImageInput, RunRequest
from ml.runtime.devices import Device
from ml.runtime.weights import verified_path

if TYPE_CHECKING:
    from ml.runtime.text.service import TextService

Model = TypeVar("Model")


class ModelCache:
    """Models loaded once and shared by every run of an engine. Safe from several threads."""

    def __init__(self) -> None:
        self._models: dict[str, Any] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def get(self, key: str, load: Callable[[], Model]) -> Model:
        """The model under ``key``, made by ``load`` the first time it is asked for."""
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._models:
                self._models[key] = load()
            model: Model = self._models[key]
            return model


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What all runs of one engine share."""

    device: Device
    data_dir: Path
    text: TextService
    models: ModelCache = field(default_factory=ModelCache)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def volume_turn(self, cancel: CancelToken) -> Iterator[None]:
        """Hold the device for whole-volume work; one run at a time does, or none would finish.

        Raises:
            Cancelled: stopped while waiting for the turn.
        """
        while not self._turn.acquire(timeout=0.1):
            cancel.check()
        try:
            cancel.check()
            yield
        finally:
            self._turn.release()


class Steps:
    """The steps of one run, in their order: makes the bracket events and takes the times."""

    def __init__(
        self, titles: Mapping[str, str], cancel: CancelToken, timings: dict[str, float]
    ) -> None:
        self._titles = dict(titles)
        self._cancel = cancel
        self._timings = timings
        self._current = ""
        self._started = 0.0

    def start(self, step: str) -> Event:
        """``step.started``. Raises ``Cancelled`` when the run was asked to stop."""
        self._cancel.check()
        self._current, self._started = step, time.monotonic()
        index = list(self._titles).index(step)
        return Event(
            type="step.started",
            data={
                "step": step,
                "title": self._titles[step],
                "index": index,
                "total": len(self._titles),
            },
        )

    def progress(self, fraction: float | None, note: str | None = None) -> Event:
        """``step.progress`` of the running step, ``fraction`` in 0..1 or None when unknown."""
        data: dict[str, Any] = {"step": self._current, "fraction": fraction}
        if note is not None:
            data["note"] = note
        return Event(type="step.progress", data=data)

    def finish(self) -> Event:
        """``step.finished`` of the running step."""
        seconds = round(time.monotonic() - self._started, 3)
        self._timings[self._current] = seconds
        return Event(type="step.finished", data={"step": self._current, "seconds": seconds})


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """One run of one pipeline. ``values`` is filled by the pipeline and ends up in the result."""

    request: RunRequest
    cancel: CancelToken
    manifest: Manifest
    resources: Resources
    values: dict[str, Any] = field(default_factory=dict)
    series_uids: dict[str, str] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)

    @property
    def device(self) -> Device:
        return self.resources.device

    @property
    def models(self) -> ModelCache:
        return self.resources.models

    @property
    def text(self) -> TextService:
        return self.resources.text

    @property
    def params(self) -> dict[str, Any]:
        """The request's parameters, checked, with the defaults of the schema filled in."""
        return self.request.params

    @property
    def out_dir(self) -> Path:
        return self.request.out_dir

    def input(self, name: str = "image") -> ImageInput:
        return self.request.inputs[name]

    def weights(self, name: str) -> Path:
        """Path of the named weights file, its digest checked.

        Raises:
            WeightsMissing, DigestMismatch: see ``ml.runtime.weights.verified_path``.
        """
        for spec in self.manifest.weights:
            if spec.name == name:
                return verified_path(spec, self.resources.data_dir)
        raise WeightsMissing(f"The pipeline names no weights {name!r}.")

    def steps(self, titles: Mapping[str, str]) -> Steps:
        """Plan the run's steps: key to title, in order."""
        return Steps(titles, self.cancel, self.timings)

    def artifact(
        self,
        key: str,
        *,
        kind: ArtifactKind,
        path: Path,
        media_type: str,
        title: str,
        incomplete: bool = False,
    ) -> Event:
        """``artifact.ready`` for a file under ``out_dir``."""
        data: dict[str, Any] = {
            "key": key,
            "kind": kind,
            "path": path.relative_to(self.out_dir).as_posix(),
            "media_type": media_type,
            "title": title,
        }
        if incomplete:
            data["incomplete"] = True
        return Event(type="artifact.ready", data=data)

    def log(self, code: str, text: str, *, warning: bool = False) -> Event:
        """``log`` for the person who watches. ``text`` holds no patient identifiers."""
        level = "warning" if warning else "info"
        return Event(type="log", data={"level": level, "code": code, "text": text})
