"""How many sentences of the language model are accepted, over varied measurements.

    python tests/bench/sentences.py [--sets 50] [--seed 1000]

Prints the shares accepted at the first and the second attempt, what the first attempts were
refused for, and the trivial baseline: the phrases alone, filled in without a model.
Needs ``python -m ml prepare``.
"""

from __future__ import annotations

import argparse
import random
import threading
from collections import Counter
from queue import Empty, SimpleQueue

from ml.contracts.cancel import CancelToken
from ml.pipelines.draft_report.checks import refuse_sentence
from ml.pipelines.draft_report.evidence import Locator
from ml.pipelines.draft_report.findings import impressions, judge
from ml.pipelines.draft_report.fixture import head_labels, varied_measurements
from ml.pipelines.draft_report.phrases import candidates
from ml.pipelines.draft_report.writer import Writer, Written
from ml.runtime import places
from ml.runtime.devices import open_device
from ml.runtime.text.service import TextService

AT_ONCE = 4


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sets", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1000)
    arguments = parser.parse_args()
    text = TextService(open_device("auto"), places.data_dir())
    locator = Locator(head_labels(), {})
    seeds: SimpleQueue[int] = SimpleQueue()
    for seed in range(arguments.seed, arguments.seed + arguments.sets):
        seeds.put(seed)
    written: list[Written] = []

    def work() -> None:
        while True:
            try:
                seed = seeds.get_nowait()
            except Empty:
                return
            judged = list(judge(varied_measurements(random.Random(seed)), locator))
            writer = Writer(text, CancelToken())
            for _ in writer.write([j.statement for j in judged if j.rule.told]):
                pass
            for _ in writer.write(impressions(judged)):
                pass
            written.extend(writer.written)
            print(f"  {len(written)} sentences", flush=True)

    threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    text.close()

    total = len(written)
    linked = [item for item in written if item.reason is None]
    first = sum(item.attempts == 1 for item in linked)
    second = sum(item.attempts == 2 for item in linked)
    print(f"{arguments.sets} simulated measurement sets, {total} sentences")
    print(f"accepted at the first attempt  {first / total:6.1%}")
    print(f"accepted at the second attempt {second / total:6.1%}")
    print(f"not linked                     {1 - len(linked) / total:6.1%}")
    own = sum(item.raw not in candidates(item.statement) for item in linked)
    print(f"accepted in words of its own   {own / total:6.1%}")
    refused = Counter(str(item.first_reason).split(":")[0] for item in written if item.first_reason)
    for reason, count in refused.most_common():
        print(f"  first attempts refused for {reason}: {count}")
    phrases = [(s.statement, phrase) for s in written for phrase in candidates(s.statement)]
    passed = sum(refuse_sentence(*pair) is None for pair in phrases)
    print(f"baseline, phrases without a model: {passed / len(phrases):.1%} pass the same checks")


if __name__ == "__main__":
    main()
