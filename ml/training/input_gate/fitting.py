"""Fitting the judges of the gate: the view network and the regression on the picture."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ml.models.input_gate.picture import FAULTS, Picture, expanded
from ml.models.input_gate.planes import PlaneNet
from ml.models.input_gate.sight import Sight
from ml.models.input_gate.view import ViewNet
from ml.simulate.draw import Draw
from ml.training.input_gate.examples import CACHE_VERSION
from ml.training.input_gate.faults import batch

# On the squared weights of the regression.
PENALTY = 0.02
Array = NDArray[np.float32]
Net = TypeVar("Net", bound=nn.Module)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetRecipe:
    """Every number that decides a network; ``decay`` is AdamW's."""

    steps: int
    batch: int
    width: int
    learning_rate: float = 3e-3
    decay: float = 1e-2
    kept_every: int = 50


def fit_view(
    sights: Sequence[tuple[Sight, bool]], recipe: NetRecipe, seed: int, kept: Path
) -> ViewNet:
    """Train on heads of any picture quality, each with whether it holds metal; goes on from
    ``kept`` where an earlier run of the same recipe and seed was stopped."""

    def loss(network: nn.Module, draw: Draw) -> Tensor:
        cubes, poses, faults = batch(draw, sights, recipe.batch)
        answers = network(cubes)
        split = answers.shape[1] - faults.shape[1]
        pose: Tensor = functional.cross_entropy(answers[:, :split], poses)
        return pose + functional.binary_cross_entropy_with_logits(answers[:, split:], faults)

    torch.manual_seed(seed)
    return _trained(ViewNet(recipe.width), loss, recipe, seed, kept)


def fit_planes(
    still: Sequence[Sight], moved: Sequence[Sight], recipe: NetRecipe, seed: int, kept: Path
) -> PlaneNet:
    """Train on heads that moved and others, as many of each; resumes as ``fit_view``."""

    def loss(network: nn.Module, draw: Draw) -> Tensor:
        truth = [draw.chance(0.5) for _ in range(recipe.batch)]
        sources = [moved if moves else still for moves in truth]
        chosen = [source[draw.integer(0, len(source))] for source in sources]
        planes = torch.stack([_seen_from(draw, sight.planes) for sight in chosen])
        target = torch.tensor(truth, dtype=torch.float32)[:, None]
        return functional.binary_cross_entropy_with_logits(network(planes), target)

    torch.manual_seed(seed)
    return _trained(PlaneNet(recipe.width), loss, recipe, seed, kept)


def _seen_from(draw: Draw, planes: Array) -> Tensor:
    """One plane along each axis, turned, in another contrast: faults lie along any axis."""
    chosen = torch.from_numpy(planes[draw.integer(0, 3) :: 3])
    if draw.chance(0.5):
        chosen = chosen.transpose(1, 2)
    for axis in (1, 2):
        if draw.chance(0.5):
            chosen = chosen.flip(axis)
    # Real heads may be sharper than simulated ones, or grainier, without any fault.
    smooth = functional.avg_pool2d(chosen, 3, stride=1, padding=1)
    chosen = chosen + draw.uniform(-0.2, 0.8) * (chosen - smooth)
    if draw.chance(0.5):
        grain = draw.uniform(0.0, 0.025) * draw.normals(*chosen.shape)
        chosen = torch.where(chosen > 0, chosen + grain, chosen)
    return chosen.clamp_min(0) ** draw.log_normal(0.15)


def _trained(
    network: Net, loss_of: Callable[[nn.Module, Draw], Tensor], recipe: NetRecipe, seed: int,
    kept: Path,
) -> Net:  # fmt: skip
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.learning_rate, total_steps=recipe.steps
    )
    start, total = 0, 0.0
    made_with = {**dataclasses.asdict(recipe), "seed": seed, "images": CACHE_VERSION}
    stateful: dict[str, Any] = {"network": network, "optimiser": optimiser, "schedule": schedule}
    if kept.exists():
        state = torch.load(kept, weights_only=True)
        if state["made_with"] == made_with:
            start = state["step"]
            for name, part in stateful.items():
                part.load_state_dict(state[name])
    for step in range(start, recipe.steps):
        loss = loss_of(network, Draw(seed * 1_000_003 + step))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        total += float(loss.detach())
        if (step + 1) % recipe.kept_every == 0:
            print(f"{kept.stem} {step + 1}: loss {total / recipe.kept_every:.3f}", flush=True)
            total = 0.0
            _keep(kept, {"made_with": made_with, "step": step + 1}, stateful)
    # As it will be stored, so that the limit fits what is used.
    network.load_state_dict({k: v.half().float() for k, v in network.state_dict().items()})
    return network.eval()


def _keep(path: Path, known: Mapping[str, Any], stateful: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    torch.save({**known, **{k: v.state_dict() for k, v in stateful.items()}}, part)
    part.rename(path)


def fit_picture(
    usual: Sequence[Mapping[str, float]],
    faulty: Mapping[str, Sequence[Mapping[str, float]]],
    *,
    penalty: float = PENALTY,
) -> Picture:
    """Each fault against usual images by logistic regression, ``penalty`` on squared weights."""
    names = tuple(name for name in usual[0] if name.startswith(tuple(FAULTS.values())))
    tables = [_table(rows, names) for rows in (usual, *(faulty[fault] for fault in FAULTS))]
    centre, spread = tables[0].mean(axis=0), tables[0].std(axis=0) + 1e-2
    spread = np.maximum(spread, 0.05 * np.abs(centre))
    fine, *others = (torch.from_numpy(expanded(table, centre, spread)) for table in tables)
    own = [
        torch.tensor([name.startswith(prefix) for name in names] * 2) for prefix in FAULTS.values()
    ]
    columns = [
        _logistic(fine * mask, other * mask, penalty)
        for other, mask in zip(others, own, strict=True)
    ]
    return Picture(
        names=names,
        centre=centre,
        spread=spread.astype(np.float32),
        weights=np.stack([weights for weights, _ in columns], axis=1),
        offset=np.array([offset for _, offset in columns], dtype=np.float32),
    )


def _table(rows: Sequence[Mapping[str, float]], names: Sequence[str]) -> Array:
    return np.array([[row[name] for name in names] for row in rows], dtype=np.float32)


def _logistic(fine: Tensor, faulty: Tensor, penalty: float) -> tuple[Array, float]:
    table = torch.cat([fine, faulty])
    truth = torch.cat([torch.zeros(len(fine)), torch.ones(len(faulty))])
    weights = torch.zeros(table.shape[1], requires_grad=True)
    offset = torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights, offset], max_iter=300, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        odds = table @ weights + offset
        value = functional.binary_cross_entropy_with_logits(odds, truth)
        value = value + penalty * (weights * weights).sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return weights.detach().numpy(), float(offset.detach())
