"""The training loop: resumable, seeded, the same on a GPU and without one. A file ``stop`` in the
run directory ends it cleanly after the current step."""

from __future__ import annotations

import copy
import json
import math
import time
from pathlib import Path
from statistics import fmean
from typing import TypeVar

import torch
from torch import Tensor, nn

from ml.models.synthetic_ct.modeling import PlaneUNet
from ml.training import run_state
from ml.training.run_state import Progress
from ml.training.synthetic_ct.families import (
    Critic,
    flow_loss,
    gan_losses,
    l1_loss,
    regression_loss,
)
from ml.training.synthetic_ct.pairs import Pair
from ml.training.synthetic_ct.recipe import Recipe
from ml.training.synthetic_ct.stream import PairStream, Views

Network = TypeVar("Network", bound=nn.Module)
LOG_EVERY = 20


def learning_rate(recipe: Recipe, step: int) -> float:
    """Warm-up, then cosine to zero."""
    warm = min(1.0, (step + 1) / recipe.warmup_steps)
    return recipe.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * step / recipe.steps))


def train(
    pairs: list[Pair],
    recipe: Recipe,
    run_dir: Path,
    *,
    device: torch.device | None = None,
    checkpoint_seconds: float = 120.0,
) -> Progress:
    """Train to the recipe's last step. Logs JSON lines to ``log.jsonl``; the moving average of
    the weights is what is used afterwards."""
    torch.manual_seed(recipe.seed)
    place = device or torch.device("cpu")
    model = _laid_out(PlaneUNet(recipe.model).to(place))
    average = copy.deepcopy(model)
    # The critic starts anew after a restart: it follows within some steps.
    critic = _laid_out(Critic().to(place))
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    judge = torch.optim.AdamW(critic.parameters(), lr=2e-4, betas=(0.5, 0.99))
    progress = run_state.restore(run_dir, model, average, optimizer)
    run_dir.mkdir(parents=True, exist_ok=True)
    stream = PairStream(pairs, recipe.model.offsets, crop=recipe.crop, seed=recipe.seed)
    began, saved, earlier = time.monotonic(), time.monotonic(), progress.seconds
    losses: list[float] = []
    generator = torch.Generator()
    while progress.step < recipe.steps and not (run_dir / "stop").exists():
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(recipe, progress.step)
        generator.manual_seed(recipe.seed + progress.step)
        views = _to(stream.draw(progress.step, recipe.batch), place)
        with torch.autocast(place.type, dtype=torch.bfloat16):
            loss, judged = _losses(model, critic, views, recipe, generator)
        _step(model, optimizer, loss, recipe.gradient_clip)
        if judged is not None:
            _step(critic, judge, judged, recipe.gradient_clip)
        _follow(average, model, min(recipe.ema_decay, (1 + progress.step) / (10 + progress.step)))
        progress.step += 1
        progress.seconds = earlier + time.monotonic() - began
        losses.append(float(loss.detach()))
        if progress.step % LOG_EVERY == 0:
            _log(run_dir, progress, fmean(losses))
            losses = []
        if time.monotonic() - saved > checkpoint_seconds:
            run_state.save(run_dir, progress, model, average, optimizer)
            saved = time.monotonic()
    run_state.save(run_dir, progress, model, average, optimizer)
    return progress


def _laid_out(model: Network) -> Network:
    """Kernels in bfloat16 are fastest on this layout."""
    for parameter in model.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return model


def _to(views: Views, place: torch.device) -> Views:
    planes = views.planes.to(place).contiguous(memory_format=torch.channels_last)
    return Views(planes=planes, ct=views.ct.to(place), weight=views.weight.to(place))


def _losses(
    model: nn.Module, critic: Critic, views: Views, recipe: Recipe, generator: torch.Generator
) -> tuple[Tensor, Tensor | None]:
    if recipe.family == "gan":
        return gan_losses(model, critic, views, recipe)
    if recipe.family == "flow":
        return flow_loss(model, views, recipe, generator), None
    if recipe.family == "l1":
        return l1_loss(model, views), None
    return regression_loss(model, views, recipe), None


def _step(model: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor, clip: float) -> None:
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
    if torch.isfinite(norm):
        optimizer.step()


def _follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    with torch.no_grad():
        for slow, fast in zip(average.parameters(), model.parameters(), strict=True):
            slow.lerp_(fast, 1 - decay)


def _log(run_dir: Path, progress: Progress, loss: float) -> None:
    row = {"step": progress.step, "seconds": round(progress.seconds, 1), "loss": round(loss, 5)}
    with (run_dir / "log.jsonl").open("a") as stream:
        stream.write(json.dumps(row) + "\n")
