"""Precision and recall of the checks on seeded errors: ``python -m ml.reporting.figures``."""

from __future__ import annotations

import argparse
import re
from random import Random

import numpy as np

from ml.reporting.check import check_report, check_sentences
from ml.reporting.figures.grammar import HELD_OUT, SEEN
from ml.reporting.figures.reports import SEEDS, Grammar, Report, good_report

_DIGITS = re.compile(r"\d+(?:\.\d+)?")
# Of one report: caught by any check, caught by the error's own, false alarms of that check on the
# same report before the error, the baseline's catch and its false alarm.
Row = tuple[int, int, int, int, int]


def alarms(report: Report) -> list[tuple[int | None, str]]:
    """Sentence and check of each red reason; the report's own omissions count as they are."""
    sentences = report.as_checked()
    found: list[tuple[int | None, str]] = [
        (place, reason["check"])
        for place, verdict in enumerate(check_sentences(sentences, report.facts))
        if verdict["level"] == "red"
        for reason in verdict["reasons"]
    ]
    left_out = check_report(sentences, report.facts)["reasons"]
    return found + [(None, reason["check"]) for reason in left_out]


def baseline(report: Report) -> bool:
    """Whether any number stands in the text that stands in no measurement or prior."""
    facts = report.facts
    known = " ".join(
        [*(m["text"] + " " + m.get("reference", "") for m in facts["measurements"].values()),
         *(f"{p['date']} {p['measurements']}" for p in facts["priors"])]
    )  # fmt: skip
    allowed = set(_DIGITS.findall(known)) | {"1"}
    return any(set(_DIGITS.findall(said.text)) - allowed for said in report.sentences)


def measure(name: str, words: Grammar, held: int, reports: int, seed: int) -> list[Row]:
    make, check = SEEDS[name]
    random = Random(f"{seed} {name} {held}")
    rows: list[Row] = []
    while len(rows) < reports:
        clean = good_report(random, words)
        made = make(clean, random, words, held)
        if made is None:
            continue
        seeded, place = made
        before = [hit for hit in alarms(clean) if hit[1] == check]
        after = alarms(seeded)
        caught = any(at == place for at, _ in after)
        own = (place, check) in after
        rows.append(
            (int(caught), int(own), int(bool(before)), int(baseline(seeded)), int(baseline(clean)))
        )
    return rows


def interval(rows: list[Row], hit: int, alarm: int, seed: int) -> tuple[str, str]:
    """Precision and recall as text, with 95 % percentile bootstrap over reports."""
    parts = np.array(rows)
    drawn = np.random.default_rng(seed).integers(0, len(parts), (1000, len(parts)))
    hits, false = (np.append(parts[drawn, i].sum(axis=1), parts[:, i].sum()) for i in (hit, alarm))
    recall = hits / len(parts)
    precision = np.divide(hits, hits + false, out=np.zeros(len(hits)), where=hits + false > 0)
    return tuple(  # type: ignore[return-value]
        f"{v[-1]:.2f} ({np.quantile(v[:-1], 0.025):.2f}–{np.quantile(v[:-1], 0.975):.2f})"
        for v in (precision, recall)
    )


def table(reports: int, seed: int) -> str:
    lines = [
        (
            "| wording | seeded error | check | n | precision | recall | recall, any check "
            "| numbers-only: precision | recall |"
        ),
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for held, (title, words) in enumerate((("seen", SEEN), ("held out", HELD_OUT))):
        for name, (_, check) in SEEDS.items():
            rows = measure(name, words, held, reports, seed)
            own, any_check = interval(rows, 1, 2, seed), interval(rows, 0, 2, seed)
            base = interval(rows, 3, 4, seed)
            lines.append(
                f"| {title} | {name} | {check} | {len(rows)} | {own[0]} | {own[1]} "
                f"| {any_check[1]} | {base[0]} | {base[1]} |"
            )
    lines += ["", "| wording | clean reports | sentences | red sentences | reports with any alarm |",  # noqa: E501
              "|---|---|---|---|---|"]  # fmt: skip
    for title, words in (("seen", SEEN), ("held out", HELD_OUT)):
        random = Random(f"{seed} clean {title}")
        clean = [good_report(random, words) for _ in range(reports)]
        hits = [alarms(report) for report in clean]
        red = sum(len({at for at, _ in found if at is not None}) for found in hits)
        total = sum(len(report.sentences) for report in clean)
        some = sum(bool(found) for found in hits)
        lines.append(f"| {title} | {reports} | {total} | {red} ({red / total:.1%}) "
                     f"| {some} ({some / reports:.1%}) |")  # fmt: skip
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=300)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    print(table(given.reports, given.seed))
