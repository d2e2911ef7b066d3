"""Which findings a head gets, as a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ml.pipelines.draft_report.statements import Form


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One finding: the region that shows it, the measurements that state it (slot name to
    measurement id) and, where a reference exists, the one that is judged. ``told`` rules get a
    sentence; the others stand in the table alone."""

    id: str
    concept: str
    region: str
    form: Form
    subject: str
    aspect: str
    slots: dict[str, str] = field(default_factory=dict)
    judged: str | None = None
    plural: bool = False
    side: Literal["left", "right", "midline"] | None = None
    told: bool = True


def _pair(key: str, region: str, subject: str, *, told: bool = True) -> Rule:
    """Volumes of a paired structure, side by side."""
    return Rule(
        id=f"{key}.pair",
        concept="volume of a paired structure",
        region=region,
        form="pair",
        subject=subject,
        aspect="volumes",
        slots={"left": f"left_{key}.volume", "right": f"right_{key}.volume"},
        plural=True,
        told=told,
    )


def _hippocampus(side: Literal["left", "right"]) -> Rule:
    return Rule(
        id=f"{side}_hippocampus",
        concept="hippocampal volume",
        region=f"{side}_hippocampus",
        form="limit",
        subject=f"{side} hippocampus",
        aspect="volume",
        slots={"value": f"{side}_hippocampus.volume"},
        judged=f"{side}_hippocampus.volume",
        side=side,
    )


RULES: tuple[Rule, ...] = (
    Rule(
        id="brain",
        concept="brain parenchymal fraction",
        region="brain",
        form="share",
        subject="brain",
        aspect="volume",
        slots={"value": "brain.volume", "share": "brain.fraction"},
    ),
    _pair("hemisphere", "brain", "cerebral hemispheres"),
    Rule(
        id="ventricles",
        concept="ventricular fraction of the intracranial volume",
        region="ventricles",
        form="limit",
        subject="ventricular system",
        aspect="relative volume",
        slots={"value": "ventricles.fraction"},
        judged="ventricles.fraction",
        side="midline",
    ),
    _pair("lateral_ventricle", "lateral_ventricles", "lateral ventricles"),
    Rule(
        id="evans",
        concept="Evans index",
        region="lateral_ventricles",
        form="limit",
        subject="lateral ventricles",
        aspect="Evans index",
        slots={"value": "frontal_horns.evans"},
        judged="frontal_horns.evans",
        plural=True,
    ),
    Rule(
        id="third_ventricle",
        concept="width of the third ventricle",
        region="third_ventricle",
        form="limit",
        subject="third ventricle",
        aspect="width",
        slots={"value": "third_ventricle.width"},
        judged="third_ventricle.width",
        side="midline",
    ),
    Rule(
        id="fourth_ventricle",
        concept="volume of the fourth ventricle",
        region="fourth_ventricle",
        form="measured",
        subject="fourth ventricle",
        aspect="volume",
        slots={"value": "fourth_ventricle.volume"},
        side="midline",
    ),
    Rule(
        id="midline",
        concept="midline shift",
        region="third_ventricle",
        form="midline",
        subject="midline",
        aspect="shift",
        slots={"value": "midline.shift"},
        judged="midline.shift",
        side="midline",
    ),
    _hippocampus("left"),
    _hippocampus("right"),
    Rule(
        id="hippocampal_asymmetry",
        concept="hippocampal asymmetry",
        region="hippocampi",
        form="asymmetry",
        subject="hippocampal volumes",
        aspect="difference",
        slots={"value": "hippocampus.asymmetry"},
        judged="hippocampus.asymmetry",
        plural=True,
    ),
    _pair("amygdala", "left_amygdala", "amygdalae", told=False),
    _pair("thalamus", "thalami", "thalami"),
    _pair("basal_ganglia", "basal_ganglia", "basal ganglia"),
    _pair("cerebellum", "cerebellum", "cerebellar hemispheres"),
    Rule(
        id="brain_stem",
        concept="volume of the brain stem",
        region="brain_stem",
        form="measured",
        subject="brain stem",
        aspect="volume",
        slots={"value": "brain_stem.volume"},
        side="midline",
        told=False,
    ),
)
