"""The task tier of reports, as counts to be pooled."""

from __future__ import annotations

from ml.evaluation.case import ReportPair, Values
from ml.evaluation.report_facts import SIDES, compare_facts


def report_metrics(pair: ReportPair) -> Values:
    """Counts for the F1 of facts (micro, of present ones, per finding), for the side and for
    presence turned round. A fact counts with structure, side, finding and presence.

    Laterality is of the true facts with a side that were stated at all: on the right side, or on
    the other one.
    """
    agreement = compare_facts(pair.pred, pair.ref)
    parts = (agreement.hits, agreement.false, agreement.misses)
    present = tuple(float(sum(n for f, n in part.items() if f.present)) for part in parts)
    on_side = float(sum(n for fact, n in agreement.hits.items() if fact.side in SIDES))
    values: Values = {
        ("fact_f1", ""): tuple(float(part.total()) for part in parts),
        ("fact_f1_positive", ""): present,
        ("laterality", ""): (on_side, on_side + agreement.sided),
        ("negation_errors", ""): (float(agreement.negated), 1.0),
        ("side_errors", ""): (float(agreement.sided), 1.0),
    }
    for finding in sorted({fact.finding for part in parts for fact in part}):
        values["fact_f1", finding] = tuple(
            float(sum(n for f, n in part.items() if f.finding == finding)) for part in parts
        )
    return values
