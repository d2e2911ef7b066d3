"""From a base (and a prior on its grid) to samples of the follow-up."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from ml.models.followup.calibration import Calibration, Interval
from ml.models.followup.config import CROP
from ml.models.followup.modeling import FollowNet
from ml.models.followup.reader import VOXEL_ML, Reading
from ml.models.followup.sampling import Network, flow_samples, vae_samples
from ml.models.followup.state import Question, condition, occupied, signed_distance

# Smaller changes of a voxel's share of ventricle are the network's noise: summed over a whole head
# they were many times the true change.
_LEAST_VENTRICLE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Base:
    """What is known at the base, in the crop of 2 mm voxels around the lesion."""

    state: Tensor  # (4, z, y, x), see config.STATE
    brain: Tensor  # (z, y, x)
    start: tuple[int, int, int]  # the crop's first voxel on the reading's grid, may be negative
    lesion_ml: float
    ventricle_ml: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Samples:
    """Residuals (samples, 4, z, y, x) of one day in the crop, and what follows from them."""

    base: Base
    residual: Tensor

    @property
    def visible(self) -> Tensor:
        """Share of visible tumour, (samples, z, y, x)."""
        return occupied(self.base.state[1] + self.residual[:, 1]) * self.base.brain

    @property
    def lesion_ml(self) -> list[float]:
        """Volume per sample; what the reader saw outside the crop stays."""
        before = float((occupied(self.base.state[1]) * self.base.brain).sum()) * VOXEL_ML
        after = self.visible.sum((1, 2, 3)) * VOXEL_ML
        return [max(0.0, self.base.lesion_ml + float(v) - before) for v in after]

    @property
    def ventricle_ml(self) -> list[float]:
        before, residual = self.base.state[3], self.residual[:, 3]
        after = (before + residual * (residual.abs() > _LEAST_VENTRICLE)).clamp(0, 1)
        change = (after - before).sum((1, 2, 3)) * VOXEL_ML
        return [max(0.0, self.base.ventricle_ml + float(c)) for c in change]

    @property
    def middle(self) -> Tensor:
        """Residual (4, z, y, x): the median of the samples, voxel by voxel. Borders are distances,
        so that their median is a border again and as sharp. The image changes where the visible
        border moves and a voxel around it: elsewhere the base is the best guess of itself, and a
        network's small errors over a whole head weigh more than the change."""
        middle = self.residual.quantile(0.5, dim=0)
        before = self.base.state[1]
        moved = (before > 0) ^ (before + middle[1] > 0)
        near = torch.from_numpy(ndimage.binary_dilation(moved.numpy()))
        return torch.cat([middle[:1] * near, middle[1:]])

    @property
    def middle_visible(self) -> Tensor:
        """Share (z, y, x) of visible tumour in the middle of the samples."""
        return occupied(self.base.state[1] + self.middle[1]) * self.base.brain

    @property
    def middle_core(self) -> Tensor:
        """Share (z, y, x) of core in the middle of the samples, within the visible tumour."""
        core = occupied(self.base.state[2] + self.middle[2])
        return torch.minimum(core, self.middle_visible)


def network_of(model: FollowNet) -> Network:
    """The model as a function of planes and scalars, float32."""

    def run(planes: Tensor, scalars: Tensor) -> Tensor:
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
            out: Tensor = model(
                planes.contiguous(memory_format=torch.channels_last_3d), scalars
            ).float()
        return out.contiguous()

    return run


def base_of(reading: Reading, middle: tuple[float, float, float] | None = None) -> Base:
    """The crop around the lesion of a reading, or around the voxel (z, y, x) ``middle``."""
    around = middle or reading.middle
    z, y, x = (round(m) - n // 2 for m, n in zip(around, CROP, strict=True))
    start = (z, y, x)
    visible = cropped(reading.visible, start)
    planes = [
        cropped(reading.grid.array, start),
        signed_distance(visible),
        signed_distance(cropped(reading.core, start)),
        cropped(reading.ventricle, start),
    ]
    return Base(
        state=torch.from_numpy(np.stack(planes).astype(np.float32)),
        brain=torch.from_numpy(cropped(reading.brain.astype(np.float32), start)),
        start=start,
        lesion_ml=reading.lesion_ml,
        ventricle_ml=reading.ventricle_ml,
    )


def sampled(
    model: FollowNet,
    base: Base,
    question: Question,
    *,
    prior: Tensor | None = None,
    count: int = 8,
    steps: int = 4,
    seed: int = 0,
    batched: bool = True,
) -> Iterator[Samples]:
    """Samples after each step, see :func:`steps_of`; the last are the result.

    Args:
        prior: signed distance (z, y, x) of the prior's visible tumour in the crop of ``base``.
    """
    network = network_of(model)
    planes = condition(base.state, base.brain, prior, question)
    scalars = question.scalars()
    family = model.config.family
    if family == "regression":
        yield Samples(base=base, residual=network(planes[None], scalars[None]))
        return
    draw = flow_samples if family == "flow" else vae_samples
    for residual in draw(
        network, planes, scalars, count=count, steps=steps, seed=seed, batched=batched
    ):
        yield Samples(base=base, residual=residual)


def steps_of(family: str, count: int, steps: int) -> int:
    """How many steps :func:`sampled` takes: of a flow all samples go on together, a VAE draws some
    more in each, a regression says one."""
    return {"flow": steps, "vae": min(steps, count)}.get(family, 1)


def last_of(steps: Iterator[Samples]) -> Samples:
    """The result of a sampler."""
    *_, last = steps
    return last


def curve_days(days: float, points: int = 6) -> list[float]:
    """Days between base and target at which the curve is drawn, the target last."""
    return [round(days * (i + 1) / points) for i in range(points - 1)] + [days]


def curve(
    model: FollowNet,
    base: Base,
    question: Question,
    calibration: Calibration,
    target: Samples,
    *,
    prior: Tensor | None = None,
    seed: int = 0,
) -> Generator[float, None, list[tuple[float, Interval]]]:
    """Volume with its interval over time, from the base to the target; yields what share is done.
    Days on the way are drawn with half the samples and two steps."""
    at_base = Interval(median=base.lesion_ml, lower=base.lesion_ml, upper=base.lesion_ml)
    rows = [(0.0, at_base)]
    days = curve_days(question.days)
    for number, day in enumerate(days):
        asked = Question(days=day, treatment=question.treatment, prior_days=question.prior_days)
        found = target
        if number < len(days) - 1:
            found = last_of(sampled(model, base, asked, prior=prior, count=4, steps=2, seed=seed))
        interval = calibration.interval(found.lesion_ml, base.lesion_ml, day)
        rows.append((day, interval))
        yield (number + 1) / len(days)
    return rows


def cropped(array: NDArray[np.floating], start: tuple[int, int, int]) -> NDArray[np.float32]:
    """The crop (z, y, x) from voxel ``start``, zero beyond the array."""
    out = np.zeros(CROP, dtype=np.float32)
    source, target = _overlap(array.shape, start)
    out[target] = array[source]
    return out


def placed(crop: NDArray[np.floating], base: Base, shape: Sequence[int]) -> NDArray[np.float32]:
    """A crop back on the reading's grid of ``shape``, zero elsewhere."""
    out = np.zeros(tuple(shape), dtype=np.float32)
    source, target = _overlap(out.shape, base.start)
    out[source] = crop[target]
    return out


def _overlap(
    shape: tuple[int, ...], start: tuple[int, int, int]
) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    source, target = [], []
    for have, first, size in zip(shape, start, CROP, strict=True):
        low, high = max(first, 0), min(first + size, have)
        source.append(slice(low, max(low, high)))
        target.append(slice(low - first, max(low, high) - first))
    return tuple(source), tuple(target)
