"""From a run's state to the shipped checkpoint: the averaged weights, half precision."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from safetensors import safe_open

from ml.models.head_unet import weights
from ml.models.head_unet.modeling import HeadUNet
from ml.models.head_unet.quality import StructureQuality
from ml.training.run_state import Progress
from ml.training.segment_head.recipe import Recipe


def averaged_model(run_dir: Path, recipe: Recipe) -> tuple[HeadUNet, Progress]:
    """The averaged weights of a run's last state, and where it was.

    Raises:
        FileNotFoundError: the run has not saved a state yet.
    """
    model = HeadUNet(recipe.model)
    with safe_open(run_dir / "state.safetensors", framework="pt") as stored:
        progress = Progress(**json.loads(stored.metadata()["progress"]))
        model.load_state_dict(
            {name: stored.get_tensor(f"average/{name}") for name in model.state_dict()}
        )
    return model.eval(), progress


def export(run_dir: Path, recipe: Recipe, path: Path) -> tuple[str, Progress]:
    """Write the checkpoint; returns its SHA-256 and the progress of the run."""
    model, progress = averaged_model(run_dir, recipe)
    hours = f"{progress.seconds / 3600:.2f}"
    notes = {"step": str(progress.step), "hours": hours, "seed": str(recipe.seed)}
    return weights.save(model, path, notes=notes), progress


def with_quality(path: Path, quality: StructureQuality, figures: Mapping[str, float | int]) -> str:
    """Put a quality model and what was measured of it into a checkpoint; returns its SHA-256."""
    notes = weights.notes_of(path) | {"quality": json.dumps(figures)}
    return weights.save(weights.load(path), path, notes=notes, quality=quality)
