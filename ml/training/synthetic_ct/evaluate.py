"""Figures of one trained network on patients it did not see, beside the trivial baselines."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from ml.evaluation.ssim import ssim_and_ms_ssim
from ml.imaging.resample import canonical, to_grid
from ml.models.synthetic_ct.calibration import Held
from ml.models.synthetic_ct.intensity import HU_RANGE, normalise, to_hu
from ml.models.synthetic_ct.modeling import PlaneUNet
from ml.models.synthetic_ct.sampling import flowing
from ml.models.synthetic_ct.synthesiser import Synthesiser, neighbours, opened
from ml.models.synthetic_ct.usual import features
from ml.models.synthetic_ct.weights import Checkpoint
from ml.training.synthetic_ct.pairs import AIR_HU, Pair
from ml.training.synthetic_ct.recipe import Recipe

BONE_HU = 250.0
TISSUES: Mapping[str, tuple[float, float]] = {
    "fat": (-200.0, -30.0),
    "soft tissue": (-30.0, 130.0),
    "bone": (BONE_HU, 4000.0),
}
# Five classes of bulk density, by true HU: their borders, and their values from the training CTs.
BULK_BORDERS = (-300.0, -30.0, 130.0, 500.0)
Predict = Callable[[Pair], NDArray[np.float32]]


def predictor(model: PlaneUNet, recipe: Recipe) -> Predict:
    """Network -> HU (z, y, x) on the grid of a pair, whatever its family."""
    if recipe.family == "regression":
        synthesiser = Synthesiser(Checkpoint(model=model))
        return lambda pair: synthesiser.run(pair.mr).middle.array
    run = opened(model)

    def predict(pair: Pair) -> NDArray[np.float32]:
        grid = canonical(pair.mr, recipe.model.spacing_mm)
        body = to_grid(pair.mr.like(pair.mr_body.astype(np.uint8)), grid, "nearest").array > 0
        stride, (_, y, x) = recipe.model.stride, grid.shape
        scaled = torch.from_numpy(normalise(grid.array, body))
        padded = torch.nn.functional.pad(scaled, (0, -x % stride, 0, -y % stride))
        hu = np.empty(grid.shape, dtype=np.float32)
        for z in range(len(hu)):
            planes = neighbours(padded, [z], recipe.model.offsets)
            if recipe.family == "flow":
                *_, out = flowing(run, planes, noise=recipe.flow_noise, seed=recipe.seed + z)
            else:
                out = run(planes)
            hu[z] = to_hu(out[0, 0, :y, :x].numpy())
        hu = np.where(body, hu, np.float32(AIR_HU))
        return to_grid(grid.like(hu), pair.mr, outside=AIR_HU).array

    return predict


def held_out(model: PlaneUNet, pair: Pair) -> tuple[Held, NDArray[np.float64]]:
    """Truth and uncalibrated quantiles inside the body of a patient, for calibration, and the
    features that say how usual the image is."""
    made = Synthesiser(Checkpoint(model=model)).run(pair.mr)
    inside = pair.body & pair.valid & made.body
    held = Held(
        truth=pair.ct[inside],
        lower=made.lower.array[inside],
        middle=made.middle.array[inside],
        upper=made.upper.array[inside],
    )
    grid = canonical(pair.mr, model.config.spacing_mm)
    body = to_grid(pair.mr.like(made.body.astype(np.uint8)), grid, "nearest").array > 0
    width = made.upper.like(made.upper.array - made.lower.array)
    row = features(
        normalise(grid.array, body),
        body,
        to_grid(made.middle, grid).array,
        to_grid(width, grid).array,
    )
    return held, row


def figures(hu: NDArray[np.float32], pair: Pair) -> dict[str, float]:
    """Figures of one patient in HU, where MR and CT both show body; PSNR and MS-SSIM over
    -1024..3071 as in SynthRAD2025, MS-SSIM on voxels of 1 mm, since its five scales take 112 of
    them along each axis (left out where the image is smaller)."""
    inside = pair.body & pair.mr_body & pair.valid
    error = hu[inside] - pair.ct[inside]
    truth = pair.ct[inside]
    bone_made, bone_true = (hu > BONE_HU) & inside, (pair.ct > BONE_HU) & inside
    span = HU_RANGE[1] - HU_RANGE[0]
    found = {
        "mae": float(np.abs(error).mean()),
        "psnr": float(
            10 * np.log10(span**2 / max(1e-9, float(np.mean(error.astype(np.float64) ** 2))))
        ),
        "bone_dice": float(2 * (bone_made & bone_true).sum() / (bone_made.sum() + bone_true.sum())),
    }
    fine = (1.0, 1.0, 1.0)
    made, true = (canonical(pair.mr.like(a.astype(np.float32)), fine).array for a in (hu, pair.ct))
    mask = canonical(pair.mr.like(inside.astype(np.float32)), fine).array > 0.5
    if np.isfinite(similarity := ssim_and_ms_ssim(made, true, mask, HU_RANGE)[1]):
        found["ms_ssim"] = similarity
    for name, (low, high) in TISSUES.items():
        chosen = (truth >= low) & (truth < high)
        if chosen.sum() >= 100:
            found[f"bias {name}"] = float(error[chosen].mean())
            found[f"mae {name}"] = float(np.abs(error[chosen]).mean())
    return found


def class_means(pairs: list[Pair]) -> NDArray[np.float64]:
    """Median HU of the five bulk classes over training patients."""
    values = np.concatenate([pair.ct[pair.body & pair.valid][::7] for pair in pairs])
    classes = np.digitize(values, BULK_BORDERS)
    return np.array([np.median(values[classes == index]) for index in range(5)])


def true_bulk(pair: Pair, means: NDArray[np.float64]) -> NDArray[np.float32]:
    """Bulk density by the true classes: nobody can know them from the MR; a floor."""
    return np.where(pair.body, means[np.digitize(pair.ct, BULK_BORDERS)], AIR_HU).astype(np.float32)


def water(pair: Pair) -> NDArray[np.float32]:
    """Water wherever there is body on the MR."""
    return np.where(pair.mr_body, 0.0, AIR_HU).astype(np.float32)


def threshold_bulk(pairs: list[Pair]) -> Predict:
    """Bulk density from the MR itself: dark is bone, middle is soft tissue, bright is fat, with
    the two borders that are best on the training patients."""
    means = class_means(pairs)
    bone, soft, fat = float(means[4]), float(means[2]), float(means[1])
    best = (np.inf, 0.0, 0.0)
    scaled = [normalise(pair.mr.array, pair.mr_body)[::3] for pair in pairs]
    for dark in np.arange(0.02, 0.2, 0.02):
        for bright in np.arange(0.35, 0.9, 0.05):
            errors = []
            for image, pair in zip(scaled, pairs, strict=True):
                inside = (pair.body & pair.valid)[::3]
                hu = np.where(image < dark, bone, np.where(image < bright, soft, fat))
                errors.append(np.abs(hu - pair.ct[::3])[inside].mean())
            best = min(best, (float(np.mean(errors)), float(dark), float(bright)))
    _, dark, bright = best

    def predict(pair: Pair) -> NDArray[np.float32]:
        image = normalise(pair.mr.array, pair.mr_body)
        hu = np.where(image < dark, bone, np.where(image < bright, soft, fat))
        return np.where(pair.mr_body, hu, AIR_HU).astype(np.float32)

    return predict
