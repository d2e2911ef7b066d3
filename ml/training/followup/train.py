"""The training loop: resumable, seeded, the same on a GPU and without one. A file ``stop`` in the
run directory ends it cleanly after the current step."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from statistics import fmean

import torch
from torch import Tensor, nn

from ml.models.followup.config import CONDITION_PLANES, CONDITION_SCALARS, STATE
from ml.models.followup.modeling import Encoder, FollowNet, laid_out
from ml.training import run_state
from ml.training.followup.families import flow_loss, reader_loss, regression_loss, vae_loss
from ml.training.followup.pairs import read_case
from ml.training.followup.recipe import Recipe
from ml.training.followup.stream import HeadStream, PairStream
from ml.training.run_state import Progress

LOG_EVERY = 20
Loss = Callable[[int], Tensor]


class Trained(nn.Module):
    """The network and, for a VAE, the encoder that is needed for its training alone."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.network = FollowNet(recipe.model)
        latent = recipe.model.latent
        self.encoder = (
            Encoder(CONDITION_PLANES + len(STATE), CONDITION_SCALARS, latent) if latent else None
        )


def progress_share(recipe: Recipe, progress: Progress) -> float:
    """How much of the budget is used, 0..1."""
    return max(progress.seconds / (60 * recipe.minutes), progress.step / recipe.max_steps)


def learning_rate(recipe: Recipe, progress: Progress) -> float:
    """Warm-up, then cosine to zero over the budget."""
    warm = min(1.0, (progress.step + 1) / recipe.warmup_steps)
    share = min(1.0, progress_share(recipe, progress))
    return recipe.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * share))


def train(
    files: list[Path], recipe: Recipe, run_dir: Path, *, checkpoint_seconds: float = 60.0
) -> Progress:
    """Train for the recipe's budget on the patients of ``files``. Logs JSON lines to
    ``log.jsonl``; the moving average of the weights is what is used afterwards."""
    torch.manual_seed(recipe.seed)
    model = laid_out(Trained(recipe))
    average = copy.deepcopy(model)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    progress = run_state.restore(run_dir, model, average, optimizer)
    run_dir.mkdir(parents=True, exist_ok=True)
    (run_dir / "recipe.json").write_text(json.dumps(recipe.as_dict(), indent=1))
    loss_of = _loss_of(model, recipe, files)
    began, saved, earlier = time.monotonic(), time.monotonic(), progress.seconds
    losses: list[float] = []
    while progress_share(recipe, progress) < 1 and not (run_dir / "stop").exists():
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(recipe, progress)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = loss_of(progress.step)
        _step(model, optimizer, loss, recipe.gradient_clip)
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


def trained_network(recipe: Recipe, run_dir: Path) -> tuple[FollowNet, Progress]:
    """The averaged network of a run, in evaluation mode, as far as it has come."""
    model, average = Trained(recipe), Trained(recipe)
    optimizer = torch.optim.AdamW(model.parameters())
    progress = run_state.restore(run_dir, model, average, optimizer)
    return average.network.eval(), progress


def _loss_of(model: Trained, recipe: Recipe, files: list[Path]) -> Loss:
    """A function step -> loss of its views."""
    if recipe.family == "reader":
        heads = HeadStream(files, seed=recipe.seed)
        return lambda step: reader_loss(model.network, *heads.draw(step, recipe.batch))
    stream = PairStream([read_case(file) for file in files], seed=recipe.seed, noise=recipe.noise)

    def loss(step: int) -> Tensor:
        views = stream.draw(step, recipe.batch)
        generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + step)
        if model.encoder is not None:
            return vae_loss(model.network, model.encoder, views, recipe.kl_weight, generator)
        if recipe.family == "flow":
            return flow_loss(model.network, views, generator)
        return regression_loss(model.network, views)

    return loss


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
