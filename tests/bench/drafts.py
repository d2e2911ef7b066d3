"""Eight drafts at once in the engine's batch against one after another by plain ``generate``.

    python -m tests.bench.drafts [--drafts 8] [--sentences 0] [--repeats 3]

Same model, weights, precision and prompts; runs interleaved A B B A …; the batch starts each run
without any prefix read before. The greedy tokens must be identical, or the ratio means nothing.
Needs ``python -m ml prepare``.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import statistics
import threading
import time
from collections import deque
from typing import Any

from ml.runtime.devices import Device, open_device

DEVICE = open_device("auto")

import torch  # noqa: E402  # after the environment for it was set

from ml.models.smollm2.modeling import Llama  # noqa: E402
from ml.pipelines.draft_report.evidence import Locator  # noqa: E402
from ml.pipelines.draft_report.findings import impressions, judge  # noqa: E402
from ml.pipelines.draft_report.fixture import head_labels, varied_measurements  # noqa: E402
from ml.pipelines.draft_report.phrases import prompt  # noqa: E402
from ml.pipelines.draft_report.statements import Statement  # noqa: E402
from ml.pipelines.draft_report.writer import AHEAD, MAX_TOKENS, STOP  # noqa: E402
from ml.runtime import places  # noqa: E402
from ml.runtime.text.service import TextService, load_smollm2  # noqa: E402
from ml.runtime.text.stream import TextStream  # noqa: E402

Tokens = list[tuple[int, ...]]


def make_drafts(count: int, sentences: int) -> list[list[Statement]]:
    """What ``count`` drafts have to say, over varied measurements."""
    locator = Locator(head_labels(), {})
    drafts = []
    for seed in range(count):
        judged = list(judge(varied_measurements(random.Random(seed)), locator))
        statements = [j.statement for j in judged if j.rule.told] + impressions(judged)
        drafts.append(statements[: sentences or None])
    return drafts


def plain(llama: Llama, drafts: list[list[Statement]]) -> list[Tokens]:
    """One ``generate`` after another."""
    model: Any = llama.model
    texts: list[Tokens] = []
    for statements in drafts:
        texts.append([])
        for statement in statements:
            # Tokenised in the same two parts as in the batch.
            ids = [i for part in prompt(statement) for i in llama.tokenizer(part).input_ids]
            inputs = torch.tensor([ids], device=llama.model.device)
            output = model.generate(
                inputs,
                attention_mask=torch.ones_like(inputs),
                max_new_tokens=MAX_TOKENS,
                do_sample=False,
                stop_strings=list(STOP),
                tokenizer=llama.tokenizer,
            )
            texts[-1].append(tuple(output[0, len(ids) :].tolist()))
    return texts


def batched(llama: Llama, drafts: list[list[Statement]], device: Device) -> list[Tokens]:
    """All drafts at once, each in a thread of its own, as in the engine."""
    service = TextService(device, places.data_dir(), load=lambda: llama)
    texts: list[Tokens] = [[] for _ in drafts]

    def write(statements: list[Statement], into: Tokens) -> None:
        waiting = deque(statements)
        ahead: deque[TextStream] = deque()
        while waiting or ahead:
            while waiting and len(ahead) < AHEAD:
                examples, own = prompt(waiting.popleft())
                ahead.append(
                    service.generate(
                        shared_prefix=examples, prompt=own, max_new_tokens=MAX_TOKENS, stop=STOP
                    )
                )
            stream = ahead.popleft()
            for _ in stream:
                pass
            into.append(stream.token_ids)

    threads = [
        threading.Thread(target=write, args=pair) for pair in zip(drafts, texts, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"    largest batch {service.largest_batch}")
    service.close()
    return texts


def same(llama: Llama, ours: list[Tokens], theirs: list[Tokens]) -> tuple[int, int]:
    """Sentences with identical tokens up to the stop, and all."""
    end = llama.tokenizer.eos_token_id

    def until_stop(ids: tuple[int, ...]) -> tuple[int, ...]:
        kept: list[int] = []
        for token in ids:
            if token == end or any(s in llama.tokenizer.decode([token]) for s in STOP):
                break
            kept.append(token)
        return tuple(kept)

    pairs = [
        (until_stop(a), until_stop(b))
        for mine, plain_ones in zip(ours, theirs, strict=True)
        for a, b in zip(mine, plain_ones, strict=True)
    ]
    return sum(a == b for a, b in pairs), len(pairs)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--drafts", type=int, default=8)
    parser.add_argument("--sentences", type=int, default=0, help="of each draft; 0 for all")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    llama = load_smollm2(DEVICE, places.data_dir())
    drafts = make_drafts(arguments.drafts, arguments.sentences)
    count = sum(map(len, drafts))
    print(f"{arguments.drafts} drafts, {count} sentences, {DEVICE.kind}, {DEVICE.threads} threads")
    print(f"{platform.processor() or platform.machine()}, torch {torch.__version__}, float32")
    warm = [drafts[0][:1]]
    plain(llama, warm), batched(llama, warm, DEVICE)
    times: dict[str, list[float]] = {"plain": [], "batched": []}
    results: dict[str, list[Tokens]] = {}
    for repeat in range(arguments.repeats):
        order = ("plain", "batched") if repeat % 2 == 0 else ("batched", "plain")
        for name in order:
            started = time.perf_counter()
            results[name] = (
                plain(llama, drafts) if name == "plain" else batched(llama, drafts, DEVICE)
            )
            times[name].append(time.perf_counter() - started)
            load = os.getloadavg()[0]
            print(f"  {name:8} {times[name][-1]:7.1f} s   load {load:.1f}", flush=True)
    identical, total = same(llama, results["batched"], results["plain"])
    baseline, ours = (statistics.median(times[name]) for name in ("plain", "batched"))
    print(f"baseline, one after another by generate: {baseline:.1f} s (median)")
    print(f"all at once in the batch:                {ours:.1f} s (median)")
    print(f"ratio {ours / baseline:.3f} (target at most 0.333)")
    print(f"identical greedy tokens: {identical} of {total} sentences")


if __name__ == "__main__":
    main()
