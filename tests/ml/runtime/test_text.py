from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from ml.contracts.cancel import CancelToken
from ml.contracts.errors import Cancelled, DigestMismatch, PipelineFailed, WeightsMissing
from ml.models.smollm2 import weights
from ml.models.smollm2.modeling import Llama
from ml.runtime.devices import Device
from ml.runtime.text.constraints import one_of
from ml.runtime.text.service import TextService, load_smollm2
from tests.ml.runtime.tiny import load_tiny, save_tiny

CPU = Device(kind="cpu", threads=1)
PROMPTS = ["the left", "volume of", "a", "brain stem measured at", "hippocampus is", "Finding:"]


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Llama:
    return load_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def text(llama: Llama, tmp_path: Path) -> Iterator[TextService]:
    service = TextService(CPU, tmp_path, load=lambda: llama)
    yield service
    service.close()


def by_generate(llama: Llama, prompt: str, count: int) -> tuple[int, ...]:
    """The same text by transformers' own greedy ``generate``."""
    model: Any = llama.model
    ids = torch.tensor([llama.tokenizer(prompt).input_ids])
    output = model.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=count, do_sample=False
    )
    new = output[0, ids.shape[1] :].tolist()
    return tuple(new[:-1] if new[-1] == llama.tokenizer.eos_token_id else new)


def test_one_text_has_the_tokens_of_plain_generate(text: TextService, llama: Llama) -> None:
    stream = text.generate(prompt="the left ", max_new_tokens=30)
    written = "".join(stream)
    assert stream.token_ids == by_generate(llama, "the left ", 30)
    assert written == llama.tokenizer.decode(stream.token_ids)


def test_texts_that_join_and_leave_one_batch_have_the_tokens_of_plain_generate(
    text: TextService, llama: Llama
) -> None:
    # Different prompts and lengths: rows join late, leave early and are moved.
    lengths = [40, 8, 25, 60, 3, 33]
    streams = [
        text.generate(prompt=prompt, max_new_tokens=length)
        for prompt, length in zip(PROMPTS, lengths, strict=True)
    ]
    for stream in streams:
        list(stream)
    assert text.largest_batch > 1
    for stream, prompt, length in zip(streams, PROMPTS, lengths, strict=True):
        assert stream.token_ids == by_generate(llama, prompt, length)


def test_a_shared_prefix_changes_no_token(text: TextService, llama: Llama) -> None:
    prefix = "Write each finding as one sentence.\n"
    streams = [
        text.generate(shared_prefix=prefix, prompt=prompt, max_new_tokens=20) for prompt in PROMPTS
    ]
    for stream, prompt in zip(streams, PROMPTS, strict=True):
        list(stream)
        assert stream.token_ids == by_generate(llama, prefix + prompt, 20)


def test_requests_of_several_threads_run_in_one_batch(text: TextService) -> None:
    start = threading.Barrier(4)

    def ask() -> None:
        start.wait()
        list(text.generate(prompt="the left", max_new_tokens=200))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert text.largest_batch == 4


def test_a_cancelled_text_leaves_and_the_others_go_on(text: TextService) -> None:
    cancel = CancelToken()
    stopped = text.generate(prompt="the left", max_new_tokens=400, cancel=cancel)
    other = text.generate(prompt="volume of", max_new_tokens=50)
    pieces = iter(stopped)
    next(pieces)
    cancel.cancel()
    with pytest.raises(Cancelled):
        list(pieces)
    list(other)
    assert other.token_ids


def test_a_closed_text_leaves_the_batch(text: TextService) -> None:
    stream = text.generate(prompt="the left", max_new_tokens=400)
    next(iter(stream))
    stream.close()
    time.sleep(0.3)
    count = len(stream.token_ids)
    time.sleep(0.3)
    assert len(stream.token_ids) == count < 400


def test_a_text_ends_before_its_stop_word_even_when_it_comes_in_parts(
    text: TextService, llama: Llama
) -> None:
    choice = llama.tokenizer("abc END def").input_ids
    stream = text.generate(
        prompt="x",
        max_new_tokens=20,
        stop=("END",),
        constraint=one_of([choice], llama.tokenizer.eos_token_id),
    )
    assert "".join(stream) == "abc "


def test_a_constrained_text_is_one_of_its_choices(text: TextService, llama: Llama) -> None:
    choices = ["the left is small.", "the left is normal.", "a brain."]
    ids = [llama.tokenizer(choice).input_ids for choice in choices]
    stream = text.generate(
        prompt="x", max_new_tokens=40, constraint=one_of(ids, llama.tokenizer.eos_token_id)
    )
    assert "".join(stream) in choices


def test_a_text_too_long_for_the_batch_is_refused_alone(text: TextService) -> None:
    with pytest.raises(PipelineFailed, match="too long"):
        list(text.generate(prompt="a" * 600, max_new_tokens=10))
    assert list(text.generate(prompt="a", max_new_tokens=3))


def test_more_texts_than_rows_wait_their_turn(llama: Llama, tmp_path: Path) -> None:
    service = TextService(CPU, tmp_path, load=lambda: llama)
    service._rows = 2
    streams = [service.generate(prompt=prompt, max_new_tokens=10) for prompt in PROMPTS]
    for stream, prompt in zip(streams, PROMPTS, strict=True):
        list(stream)
        assert stream.token_ids == by_generate(llama, prompt, 10)
    assert service.largest_batch == 2
    service.close()


def test_closing_answers_who_still_waits(llama: Llama, tmp_path: Path) -> None:
    service = TextService(CPU, tmp_path, load=lambda: llama)
    stream = service.generate(prompt="the left", max_new_tokens=450)
    pieces = iter(stream)
    next(pieces)
    service.close()
    with pytest.raises(Cancelled):
        list(pieces)


def test_the_language_model_must_be_prepared_and_be_the_right_one(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="prepare"):
        load_smollm2(CPU, tmp_path)
    save_tiny(tmp_path / "models" / weights.NAME)
    with pytest.raises(DigestMismatch):
        load_smollm2(CPU, tmp_path)
