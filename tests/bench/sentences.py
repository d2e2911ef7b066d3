"""How many sentences of the language model are accepted, over varied measurements.

    python -m tests.bench.sentences [--sets 50] [--seed 1000]

Prints the shares accepted at the first and the second attempt, what the first attempts were
refused for, and the trivial baseline: the phrases alone, filled in without a model. Prompts hold
no numbers and decoding is greedy, so equal statements get equal sentences: each is written once
and counted as often as it occurs. Needs ``python -m ml prepare``.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter

from ml.contracts.cancel import CancelToken
from ml.pipelines.draft_report.checks import refuse_sentence
from ml.pipelines.draft_report.evidence import Locator
from ml.pipelines.draft_report.findings import impressions, judge
from ml.pipelines.draft_report.fixture import head_labels, varied_measurements
from ml.pipelines.draft_report.phrases import candidates, prompt
from ml.pipelines.draft_report.statements import Statement
from ml.pipelines.draft_report.writer import Writer
from ml.runtime import places
from ml.runtime.devices import open_device
from ml.runtime.text.service import TextService


def statements(seed: int, locator: Locator) -> list[Statement]:
    """What the draft of one simulated head has to say."""
    judged = list(judge(varied_measurements(random.Random(seed)), locator))
    return [item.statement for item in judged if item.rule.told] + impressions(judged)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sets", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1000)
    arguments = parser.parse_args()
    locator = Locator(head_labels(), {})
    occurring: Counter[tuple[str, str]] = Counter()
    distinct: dict[tuple[str, str], Statement] = {}
    for seed in range(arguments.seed, arguments.seed + arguments.sets):
        for statement in statements(seed, locator):
            occurring[prompt(statement)] += 1
            distinct[prompt(statement)] = statement
    total = occurring.total()

    text = TextService(open_device("auto"), places.data_dir())
    writer = Writer(text, CancelToken())
    for _ in writer.write(list(distinct.values())):
        pass
    text.close()

    outcome: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for item in writer.written:
        often = occurring[prompt(item.statement)]
        outcome[str(item.attempts) if item.reason is None else "not linked"] += often
        outcome["own"] += often * (item.raw not in candidates(item.statement))
        if item.first_reason is not None:
            refused[item.first_reason] += often
            print(f"  {often:3} × {item.statement.id}: {item.first_reason}")
    print(f"{arguments.sets} simulated heads, {total} sentences, {len(distinct)} distinct")
    print(f"accepted at the first attempt  {outcome['1'] / total:6.1%}")
    print(f"accepted at the second attempt {outcome['2'] / total:6.1%}")
    print(f"not linked                     {outcome['not linked'] / total:6.1%}")
    print(f"worded unlike any phrase       {outcome['own'] / total:6.1%}")
    kinds: Counter[str] = Counter()
    for reason, count in refused.items():
        kinds[reason.split(":")[0]] += count
    for kind, count in kinds.most_common():
        print(f"  first attempts refused for {kind}: {count}")
    phrases = [(s, phrase) for s in distinct.values() for phrase in candidates(s)]
    passed = sum(refuse_sentence(*pair) is None for pair in phrases)
    print(f"baseline, phrases without a model: {passed / len(phrases):.1%} pass the same checks")


if __name__ == "__main__":
    main()
