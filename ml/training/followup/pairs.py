"""Simulated patients in memory, and the pairs of visits that they give."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ml.models.followup.config import DAYS, TREATMENTS
from ml.models.followup.state import Question, signed_distance

BASE = 1  # the visit on day 0, before any treatment


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """A simulated patient in the crop around the lesion, arrays (visits, z, y, x).

    ``image`` in units of the base's normal brain; ``visible`` and ``core`` signed distances,
    ``ventricle`` shares; ``tissue`` 1 white, 2 grey, 3 fluid, 0 outside the brain.
    ``ventricle_ml`` counts the whole head.
    """

    name: str
    anatomy: str
    treatment: int
    days: NDArray[np.float32]
    rates: tuple[float, float]
    image: NDArray[np.float16]
    visible: NDArray[np.float16]
    core: NDArray[np.float16]
    ventricle: NDArray[np.float16]
    tissue: NDArray[np.uint8]
    share: NDArray[np.uint8]
    ventricle_ml: NDArray[np.float64]

    def state(self, visit: int) -> Tensor:
        """(4, z, y, x), see ``config.STATE``; without noise."""
        planes = [a[visit] for a in (self.image, self.visible, self.core, self.ventricle)]
        return torch.from_numpy(np.stack(planes).astype(np.float32))

    def brain(self, visit: int) -> Tensor:
        return torch.from_numpy((self.tissue[visit] > 0).astype(np.float32))

    def lesion_ml(self, visit: int) -> float:
        """Visible tumour, partial volumes counted."""
        return float(self.share[visit].sum(dtype=np.float64)) / 255 * 0.008


@dataclass(frozen=True, slots=True)
class Triple:
    """Visits of a case: base, follow-up and, or None, the prior."""

    base: int
    follow: int
    prior: int | None

    def question(self, case: Case) -> Question:
        days = case.days
        treated = self.follow > BASE and case.treatment > 0
        return Question(
            days=float(days[self.follow] - days[self.base]),
            treatment=case.treatment if treated else TREATMENTS.index("none"),
            prior_days=None if self.prior is None else float(days[self.base] - days[self.prior]),
        )


def triples(case: Case) -> Iterator[Triple]:
    """All pairs with every prior and without one. Where there is a treatment, it starts right
    after the visit on day 0, which then is the base of whatever comes later."""
    count = len(case.days)
    for base in range(count):
        for follow in range(base + 1, count):
            if case.treatment and (base != BASE and follow > BASE):
                continue
            if not DAYS[0] <= case.days[follow] - case.days[base] <= DAYS[1]:
                continue
            for prior in (None, *range(base)):
                yield Triple(base, follow, prior)


def read_case(path: Path) -> Case:
    """A file of ``simulated.generate``."""
    with np.load(path, allow_pickle=False) as stored:
        data: dict[str, NDArray[Any]] = {key: stored[key] for key in stored}
    visible, core = (
        np.stack([signed_distance(mask / np.float32(255)) for mask in data[key]])
        for key in ("visible", "core")
    )
    normal = (data["tissue"][BASE] > 0) & (data["visible"][BASE] == 0)
    scale = np.float32(np.median(data["image"][BASE][normal].astype(np.float32)))
    return Case(
        name=path.stem,
        anatomy=path.stem.rsplit("-", 1)[0],
        treatment=int(data["arm"]),
        days=data["days"],
        rates=(float(data["rates"][0]), float(data["rates"][1])),
        image=(data["image"].astype(np.float32) / scale).astype(np.float16),
        visible=visible.astype(np.float16),
        core=core.astype(np.float16),
        ventricle=(data["ventricle"] / np.float32(255)).astype(np.float16),
        tissue=data["tissue"],
        share=data["visible"],
        ventricle_ml=data["ventricle_ml"],
    )


def case_files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.glob("*.npz") if not p.name.endswith(".partial.npz"))


def data_digest(files: list[Path]) -> str:
    """SHA-256 over the names and contents of the patients' files."""
    total = hashlib.sha256()
    for path in files:
        total.update(path.name.encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
