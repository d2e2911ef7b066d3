"""The training loop: resumable, seeded, the same on a GPU and without one.

Files in the run directory steer it: ``stop`` ends it cleanly after the current step; ``decay``
(holding a number of steps) starts the final cosine decay of the learning rate, after which the
run ends. Until then the rate is constant, so a run can be lengthened freely.
"""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from ml.models.head_unet.modeling import HeadUNet, fold
from ml.simulate.anatomy import Anatomy
from ml.training import run_state
from ml.training.run_state import Progress
from ml.training.segment_head.loss import head_loss
from ml.training.segment_head.recipe import Recipe
from ml.training.segment_head.stream import HeadStream, loader

LOG_EVERY = 20


def learning_rate(recipe: Recipe, progress: Progress) -> float:
    """Warm-up, constant, then cosine to zero once the final decay has begun."""
    rate = recipe.learning_rate * min(1.0, (progress.step + 1) / recipe.warmup_steps)
    if progress.decay_start is None:
        return rate
    done = (progress.step - progress.decay_start) / max(1, progress.decay_steps)
    return rate * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def finished(run_dir: Path, progress: Progress, max_steps: int | None) -> bool:
    """Whether to end: asked to stop, decayed to the end, or ``max_steps`` reached."""
    if max_steps is not None and progress.step >= max_steps:
        return True
    if progress.decay_start is None and (run_dir / "decay").exists():
        progress.decay_start = progress.step
        progress.decay_steps = int((run_dir / "decay").read_text().strip() or 300)
    start = progress.decay_start
    decayed = start is not None and progress.step >= start + progress.decay_steps
    return decayed or (run_dir / "stop").exists()


def update_average(average: HeadUNet, model: HeadUNet, decay: float) -> None:
    """Exponential moving average of the weights, in place."""
    with torch.no_grad():
        for slow, fast in zip(average.parameters(), model.parameters(), strict=True):
            slow.lerp_(fast, 1 - decay)


def open_optimizer(model: HeadUNet, recipe: Recipe) -> torch.optim.AdamW:
    """AdamW with larger steps for the classifier and the normalisations: their few weights must
    travel far, and at the rate of the convolutions they hold everything up."""
    groups: dict[float, list[torch.nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        factor = next((f for key, f in recipe.rate_factors if key in name), 1.0)
        groups.setdefault(factor, []).append(parameter)
    return torch.optim.AdamW(
        [{"params": members, "factor": factor} for factor, members in groups.items()],
        lr=recipe.learning_rate,
        betas=recipe.betas,
        weight_decay=recipe.weight_decay,
    )


def train_step(
    model: HeadUNet,
    optimizer: torch.optim.Optimizer,
    recipe: Recipe,
    batch: tuple[Tensor, Tensor, Tensor],
    generator: torch.Generator,
) -> dict[str, float]:
    """One optimiser step on one head; returns the loss terms."""
    device = next(model.parameters()).device
    image, tissue, side = (one.to(device, non_blocking=True) for one in batch)
    folded = fold(image[:, None]).contiguous(memory_format=torch.channels_last_3d)
    offsets = torch.randperm(8, generator=generator)[: recipe.sub_voxels].tolist()
    with torch.autocast(device.type, dtype=torch.bfloat16):
        features = model.trunk(folded.float())
        losses = head_loss(
            model, features, tissue, side, offsets=offsets, side_weight=recipe.side_weight
        )
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(losses["total"])
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.gradient_clip)
    if torch.isfinite(norm):
        optimizer.step()
    return {name: float(value.detach()) for name, value in losses.items()}


def train(
    anatomies: list[Anatomy],
    recipe: Recipe,
    run_dir: Path,
    *,
    max_steps: int | None = None,
    checkpoint_seconds: float = 180.0,
    device: torch.device | None = None,
) -> Progress:
    """Train until told to stop; see the module text for how. Logs JSON lines to ``log.jsonl``."""
    torch.manual_seed(recipe.seed)
    model = HeadUNet(recipe.model).to(device or torch.device("cpu"))
    for parameter in model.parameters():
        if parameter.ndim == 5:  # a convolution: bfloat16 kernels are fastest on this layout
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last_3d)
    average = copy.deepcopy(model)
    optimizer = open_optimizer(model, recipe)
    progress = run_state.restore(run_dir, model, average, optimizer)
    run_dir.mkdir(parents=True, exist_ok=True)
    heads, decaying = _open_stream(anatomies, recipe, progress), progress.decay_start is not None
    began, saved, sums = time.monotonic(), time.monotonic(), dict[str, float]()
    earlier = progress.seconds
    generator = torch.Generator()
    while not finished(run_dir, progress, max_steps):
        if not decaying and progress.decay_start is not None:
            heads, decaying = _open_stream(anatomies, recipe, progress), True
        for group in optimizer.param_groups:
            group["lr"] = group["factor"] * learning_rate(recipe, progress)
        generator.manual_seed(recipe.seed + progress.step)
        terms = train_step(model, optimizer, recipe, next(heads), generator)
        warm = min(recipe.ema_decay, (1 + progress.step) / (10 + progress.step))
        update_average(average, model, warm)
        progress.step += 1
        progress.seconds = earlier + time.monotonic() - began
        for name, value in terms.items():
            sums[name] = sums.get(name, 0.0) + value
        if progress.step % LOG_EVERY == 0:
            _log(run_dir, progress, {k: v / LOG_EVERY for k, v in sums.items()})
            sums = {}
        if time.monotonic() - saved > checkpoint_seconds:
            run_state.save(run_dir, progress, model, average, optimizer)
            saved = time.monotonic()
    run_state.save(run_dir, progress, model, average, optimizer)
    return progress


def _open_stream(
    anatomies: list[Anatomy], recipe: Recipe, progress: Progress
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    final = progress.decay_start is not None
    stream = HeadStream(
        anatomies,
        (lambda _: recipe.final_heads) if final else recipe.heads_at,
        seed=recipe.seed,
        start=progress.step,
    )
    return iter(loader(stream))


def _log(run_dir: Path, progress: Progress, means: dict[str, float]) -> None:
    row = {"step": progress.step, "seconds": round(progress.seconds, 1)}
    row |= {name: round(value, 4) for name, value in means.items()}
    with (run_dir / "log.jsonl").open("a") as stream:
        stream.write(json.dumps(row) + "\n")
