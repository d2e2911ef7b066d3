"""The task tier of synthetic CT: what its errors do to a photon plan."""

from __future__ import annotations

from ml.evaluation.case import ImagePair, Values, one
from ml.evaluation.cases import CaseRefused

# The label map marks the target with 1.
TARGET = "label 1"


def dose_metrics(pair: ImagePair) -> Values:
    """γ pass rate and changes of the target's dose: planned on the prediction with one standard
    plan, recalculated on the reference (``ml.planning.comparison``). The mask is the body.

    Raises:
        CaseRefused: the label map marks no target, or the target cannot be planned on.
    """
    from ml.planning.comparison import compare_doses

    target = pair.tissues.get(TARGET)
    if target is None:
        raise CaseRefused("labels", "no target: dose needs label maps (--labels) with label 1")
    try:
        found = compare_doses(pair.pred, pair.ref, pair.mask, target)
    except ValueError as error:
        raise CaseRefused("labels", str(error)) from error
    return {
        ("gamma_pass", "body"): one(found.gamma_percent),
        ("dose_mean_error", "target"): one(found.dmean_percent),
        ("dose_d95_error", "target"): one(found.d95_percent),
    }
