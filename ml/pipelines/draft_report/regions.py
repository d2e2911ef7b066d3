"""The regions that are measured: names, and the FreeSurfer ids they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Side = Literal["left", "right", "midline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """``labels`` together are the region; the first one names it in DICOM."""

    title: str
    labels: tuple[int, ...]
    side: Side | None = None


_PAIRS: dict[str, tuple[str, tuple[int, ...], tuple[int, ...]]] = {
    "hippocampus": ("hippocampus", (17,), (53,)),
    "amygdala": ("amygdala", (18,), (54,)),
    "thalamus": ("thalamus", (10,), (49,)),
    "basal_ganglia": ("basal ganglia", (12, 11, 13), (51, 50, 52)),
    "hemisphere": ("cerebral hemisphere", (2, 3), (41, 42)),
    "cerebellum": ("cerebellar hemisphere", (8, 7), (47, 46)),
    "lateral_ventricle": ("lateral ventricle", (4, 5), (43, 44)),
}
_SINGLES: dict[str, tuple[str, tuple[int, ...]]] = {
    "third_ventricle": ("third ventricle", (14,)),
    "fourth_ventricle": ("fourth ventricle", (15,)),
    "brain_stem": ("brain stem", (16,)),
}

VENTRICLES = (4, 43, 5, 44, 14, 15)
CEREBROSPINAL_FLUID = (24,)
PARENCHYMA = (
    *(2, 41, 3, 42, 7, 46, 8, 47, 10, 49, 11, 50, 12, 51, 13, 52, 16),
    *(17, 53, 18, 54, 26, 58, 28, 60),
)
# What lies inside the skull. Vessels and sinuses are left out: some of them lie outside it.
INTRACRANIAL = (*PARENCHYMA, *VENTRICLES, *CEREBROSPINAL_FLUID)

PAIRED = tuple(_PAIRS)
SIDES: tuple[Side, ...] = ("left", "right")
REGIONS: dict[str, Region] = {
    **{
        f"{side}_{key}": Region(title=f"{side} {title}", labels=labels, side=side)
        for key, (title, left, right) in _PAIRS.items()
        for side, labels in zip(SIDES, (left, right), strict=True)
    },
    **{
        key: Region(title=title, labels=labels, side="midline")
        for key, (title, labels) in _SINGLES.items()
    },
    "brain": Region(title="brain parenchyma", labels=PARENCHYMA),
    "ventricles": Region(title="ventricular system", labels=VENTRICLES),
    "lateral_ventricles": Region(title="lateral ventricles", labels=(4, 43, 5, 44)),
    "hippocampi": Region(title="hippocampi", labels=(17, 53)),
    "thalami": Region(title="thalami", labels=(10, 49)),
    "basal_ganglia": Region(title="basal ganglia", labels=(12, 51, 11, 50, 13, 52)),
    "cerebellum": Region(title="cerebellar hemispheres", labels=(8, 47, 7, 46)),
    "intracranial": Region(title="intracranial space", labels=INTRACRANIAL),
}
