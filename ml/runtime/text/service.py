"""Text generation for all runs of an engine: many threads ask, one batch answers."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ml.contracts.cancel import CancelToken
from ml.contracts.errors import (
    Cancelled,
    DigestMismatch,
    MlError,
    OutOfMemory,
    PipelineFailed,
    WeightsMissing,
)
from ml.runtime import places
from ml.runtime.devices import Device, is_out_of_memory
from ml.runtime.text.request import Constraint, End, TextRequest
from ml.runtime.text.stream import TextStream
from ml.runtime.weights import file_digest

if TYPE_CHECKING:
    from ml.models.smollm2.modeling import Llama, Tokenizer
    from ml.runtime.text.batch import ContinuousBatch

# How long the batch waits for more to do before it looks whether it should end.
IDLE_SECONDS = 0.5
ROWS = {"cpu": 16, "cuda": 64}
LENGTH = 512  # tokens of a prompt and its text together


def load_smollm2(device: Device, data_dir: Path) -> Llama:
    """The prepared SmolLM2 of the data folder, its digest checked.

    Raises:
        WeightsMissing: ``python -m ml prepare`` was not run.
        DigestMismatch: the file is not the one that was prepared.
    """
    from ml.models.smollm2 import weights
    from ml.models.smollm2.modeling import load

    folder = places.models_dir(data_dir) / weights.NAME
    file = folder / weights.WEIGHTS
    if not file.is_file():
        raise WeightsMissing("The language model is not prepared. Run `python -m ml prepare`.")
    if file_digest(file) != weights.WEIGHTS_SHA256:
        raise DigestMismatch("The language model is not the one that was prepared.")
    return load(folder, device.kind)


class TextService:
    """Greedy text generation. Loads its model at the first request; safe from several threads."""

    def __init__(
        self, device: Device, data_dir: Path, load: Callable[[], Llama] | None = None
    ) -> None:
        self._load = load or (lambda: load_smollm2(device, data_dir))
        self._rows, self._length = ROWS[device.kind], LENGTH
        self._guard = threading.Lock()
        self._llama: Llama | None = None
        self._waiting: queue.SimpleQueue[TextRequest] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()
        self.largest_batch = 0

    def warm(self) -> None:
        """Load the model now. Raises ``WeightsMissing`` or ``DigestMismatch``."""
        self._ready()

    def _ready(self) -> Llama:
        with self._guard:
            if self._llama is None:
                self._llama = self._load()
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="text-batch", daemon=True)
                self._thread.start()
            return self._llama

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer, loading the model if need be."""
        return self._ready().tokenizer

    def generate(
        self,
        *,
        prompt: str,
        shared_prefix: str = "",
        max_new_tokens: int = 64,
        stop: tuple[str, ...] = (),
        constraint: Constraint | None = None,
        cancel: CancelToken | None = None,
    ) -> TextStream:
        """Continue ``shared_prefix + prompt``: joins the running batch at once, gives the text
        piece by piece as the tokens come.

        The text ends before the first of ``stop``, at the model's end token or after
        ``max_new_tokens``. ``shared_prefix`` is read once for all requests that have it; it should
        end where a word ends, since it is tokenised by itself.

        Raises:
            WeightsMissing, DigestMismatch: the model cannot be loaded.
        """
        tokenizer = self._ready().tokenizer
        request = TextRequest(
            prefix=tuple(tokenizer(shared_prefix).input_ids) if shared_prefix else (),
            suffix=tuple(tokenizer(prompt).input_ids),
            max_new_tokens=max_new_tokens,
            stop_ids=frozenset({tokenizer.eos_token_id}),
            cancel=cancel or CancelToken(),
            constraint=constraint,
        )
        self._waiting.put(request)
        return TextStream(request, tokenizer, stop)

    def _serve(self) -> None:
        from ml.runtime.text.batch import ContinuousBatch

        batch = ContinuousBatch(self._ready(), rows=self._rows, length=self._length)
        while not self._closed.is_set():
            try:
                self._admit(batch)
                batch.step()
            except Exception as error:  # noqa: BLE001  # the requests are told; the batch lives on
                batch.fail_all(_as_ml_error(error))
        batch.fail_all(Cancelled("The text service was closed."))
        while not self._waiting.empty():
            self._waiting.get().out.put(Cancelled("The text service was closed."))

    def _admit(self, batch: ContinuousBatch) -> None:
        """Let waiting requests join while there are rows; sleep when there is nothing to do."""
        while batch.free:
            try:
                request = self._waiting.get(block=batch.size == 0, timeout=IDLE_SECONDS)
            except queue.Empty:
                return
            if request.unwanted:
                request.out.put(End.CANCELLED)
            elif not batch.fits(request):
                request.out.put(PipelineFailed("The text asked for is too long for the batch."))
            else:
                try:
                    batch.join(request)
                except Exception as error:  # noqa: BLE001  # only this request fails
                    request.out.put(_as_ml_error(error))
            self.largest_batch = max(self.largest_batch, batch.size)

    def close(self) -> None:
        """End the batch and forget the model; requests still waiting are not answered."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(timeout=5.0)
        self._llama = None


def _as_ml_error(error: BaseException) -> MlError:
    if isinstance(error, MlError):
        return error
    if is_out_of_memory(error):
        return OutOfMemory("There is not enough memory to write the text.")
    return PipelineFailed(f"Writing the text failed unexpectedly ({type(error).__name__}).")
