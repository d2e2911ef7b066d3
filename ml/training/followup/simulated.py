"""Simulated patients with a tumour over time: what the networks learn from and are scored on.

A patient is an anatomy (a label map, varied), a tumour with its own rates, one arm of treatment
and some visits. The images are FLAIR, free of noise: training and evaluation add their own noise
to what the network sees, so that the change of the truth is what happened and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ml.models.followup.config import CROP, LESION_ML, TREATMENTS
from ml.simulate import labels
from ml.simulate.acquire import MrScanner, received
from ml.simulate.anatomy import load_anatomy
from ml.simulate.corrupt import bias_field
from ml.simulate.draw import Draw
from ml.simulate.growth import GrowthRates
from ml.simulate.patient import Patient, Visit, visit
from ml.simulate.protocols import PROTOCOLS
from ml.simulate.tumour import Chemotherapy, Radiotherapy, Resection, Treatment, Tumour, brain_masks
from ml.simulate.variation import Variation, varied
from ml.simulate.warp import warp

SPACING = (2.0, 2.0, 2.0)
# Half as many patients without treatment as with: its visits give more pairs.
ARMS = ("none", "none", "none", "resection", "radiotherapy", "chemotherapy")
FIRST_DAY, LAST_DAY = 20.0, 400.0
FOLLOWS = 5
FASTEST_MM_A_DAY = 0.06
VENTRICLES = (4, 43, 5, 44, 14)
Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What is drawn for a patient beside the anatomy: days count from the base, day 0."""

    arm: str
    tumour: Tumour
    days: tuple[float, ...]


def drawn_course(seed: int) -> Course:
    """Rates log-uniform within what is published, age by the size the tumour shall have."""
    rng = np.random.default_rng([seed, 5])
    arm = ARMS[seed % len(ARMS)]
    rates = _rates(rng)
    rho = rates.proliferation
    age = rng.uniform(11.0, 24.0) / rates.front_speed + 1.5 / rho
    treatment: dict[str, tuple[Treatment, ...]] = {
        "none": (),
        "resection": (Resection(day=5, margin_mm=rng.uniform(2, 6)),),
        "radiotherapy": (Radiotherapy(first_day=10, alpha_per_gy=rng.uniform(0.03, 0.09)),),
        "chemotherapy": (
            Chemotherapy(first_day=7, last_day=187, kill_rate=rng.uniform(0.5, 1.2) * rho),
        ),
    }
    prior = -rng.uniform(40.0, 180.0)
    # Evenly over the range with some jitter, so that few visits cover it.
    edges = np.linspace(FIRST_DAY, LAST_DAY, FOLLOWS + 1)
    follows = [rng.uniform(a, b) for a, b in pairwise(edges)]
    return Course(
        arm=arm,
        tumour=Tumour(
            rates=rates,
            age_days=age,
            mass_effect=rng.uniform(0.1, 0.35),
            treatments=treatment[arm],
        ),
        days=(prior, 0.0, *(round(day) + 0.5 for day in follows)),
    )


def _rates(rng: np.random.Generator) -> GrowthRates:
    """Such that the front moves slowly enough to stay in the crop for a year."""
    while True:
        rho = math.exp(rng.uniform(math.log(0.008), math.log(0.03)))
        diffusion = math.exp(rng.uniform(math.log(0.01), math.log(0.15)))
        rates = GrowthRates(diffusion=diffusion, proliferation=rho)
        if rates.front_speed <= FASTEST_MM_A_DAY:
            return rates


def generate(
    files: list[Path], patients: int, folder: Path, *, anatomy_cache: Path, first: int = 0
) -> list[Path]:
    """``patients`` of each label file as ``NAME-NUMBER.npz``; those that exist are kept. A tumour
    that is too small or too large at the base is drawn again."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for number in range(first, first + patients):
        for file in files:
            stem = file.name.removesuffix(".nii.gz")
            path = folder / f"{stem}-{number}.npz"
            if not path.exists():
                partial = path.with_suffix(".partial.npz")
                subject = int("".join(c for c in stem if c.isdigit()))
                made = _made(file, anatomy_cache, subject, number)
                np.savez_compressed(partial, allow_pickle=False, **made)
                partial.replace(path)
            written.append(path)
    return written


def _made(file: Path, anatomy_cache: Path, subject: int, number: int) -> Arrays:
    """Draws until the tumour has a fitting size; all arms stay equally frequent."""
    # Steps of the number of arms keep the arm of a patient whatever is drawn again.
    for attempt in range(20):
        seed = 100_000 * subject + number + subject + len(ARMS) * 1000 * attempt
        course = drawn_course(seed)
        ids = _anatomy(file, anatomy_cache, seed)
        patient = Patient(label_ids=ids, spacing_mm=SPACING, seed=seed, tumour=course.tumour)
        base = visit(patient, 0.0)
        volume = sum(lesion.volume_ml for lesion in base.lesions)
        if LESION_ML[0] <= volume <= LESION_ML[1]:
            return _arrays(patient, course, base, seed)
    raise ValueError(f"{file.name}: no tumour of a fitting size in 20 draws")


def _anatomy(file: Path, cache: Path, seed: int) -> NDArray[np.uint16]:
    """Another person at 2 mm, (96, 112, 96) around the middle of the brain."""
    ids_of = np.array([source.label_id for source in labels.SOURCE_LABELS], dtype=np.uint16)
    codes = np.pad(load_anatomy(file, cache).codes, 12)[::2, ::2, ::2]
    ids, _ = varied(ids_of[codes], SPACING, seed, Variation(scale=0.1))
    if Draw(seed).chance(0.5):
        ids = np.ascontiguousarray(ids[:, :, ::-1])
    white, grey = brain_masks(ids)
    return centred(ids, np.argwhere(white | grey).mean(axis=0), (96, 112, 96))


def centred(
    array: NDArray[Any], middle: NDArray[np.floating[Any]], shape: tuple[int, ...]
) -> NDArray[Any]:
    """A box of ``shape`` around ``middle``, zero beyond the array."""
    out = np.zeros(shape, dtype=array.dtype)
    source, target = [], []
    for centre, size, have in zip(middle, shape, array.shape, strict=True):
        start = round(float(centre)) - size // 2
        low, high = max(start, 0), min(start + size, have)
        source.append(slice(low, high))
        target.append(slice(low - start, high - start))
    out[tuple(target)] = array[tuple(source)]
    return out


def _arrays(patient: Patient, course: Course, base: Visit, seed: int) -> Arrays:
    rng = np.random.default_rng([seed, 6])
    flair = PROTOCOLS["FLAIR"]
    settings = {
        **flair.settings,
        "echo_ms": rng.uniform(95, 140),
        "inversion_ms": rng.uniform(2350, 2600),
    }
    protocol = replace(flair, settings=settings)
    shading = bias_field(Draw(seed + 3), (96, 112, 96), strength=rng.uniform(0.03, 0.15))
    scanner = MrScanner(psf_mm=rng.uniform(1.8, 2.6), bias=0.0, noise=0.0)
    found: list[dict[str, NDArray[Any]]] = []
    for day in course.days:
        seen = base if day == 0 else visit(patient, day)
        signal = protocol.signal(seen.tissue())
        image = received(signal, SPACING, [seed], scanner)[0] * shading
        found.append({"image": image.numpy().astype(np.float16), **_masks(patient, seen)})
    lesion = found[1]["visible"] > 127
    middle = np.argwhere(lesion).mean(axis=0)
    crops = {key: np.stack([centred(one[key], middle, CROP) for one in found]) for key in found[0]}
    # Whole heads for the network that reads the base: the base and one later visit.
    last = 2 + int(rng.integers(FOLLOWS))
    heads = {f"head_{key}": np.stack([found[i][key] for i in (1, last)]) for key in found[0]}
    rates = course.tumour.rates
    return {
        **crops,
        **heads,
        "days": np.array(course.days, dtype=np.float32),
        "arm": np.array(TREATMENTS.index(course.arm), dtype=np.int64),
        "rates": np.array([rates.diffusion, rates.proliferation], dtype=np.float32),
        "ventricle_ml": np.array([one["ventricle"].sum() / 255 * 0.008 for one in found]),
    }


def _masks(patient: Patient, seen: Visit) -> dict[str, NDArray[np.uint8]]:
    """Shares 0..255 of visible tumour, core and ventricles; ``tissue`` 1 white, 2 grey, 3 fluid
    in the brain, 0 outside."""
    share = {layer.kind: layer.share for layer in seen.layers}
    core = share["tumour core"]
    visible = core + share["tumour oedema"]
    ventricle = np.isin(patient.label_ids, VENTRICLES).astype(np.float32)
    moved = warp(ventricle, seen.displacement_mm, SPACING, order=1)
    white, grey = brain_masks(seen.label_ids)
    tissue = np.where(white, 1, np.where(grey, 2, 0)).astype(np.uint8)
    tissue[np.isin(seen.label_ids, VENTRICLES)] = 3
    holes = ndimage.binary_fill_holes(ndimage.binary_closing(tissue > 0, iterations=3))
    tissue[holes & (tissue == 0)] = 3
    return {
        "visible": _bytes(visible),
        "core": _bytes(core),
        "ventricle": _bytes(moved),
        "tissue": tissue,
    }


def _bytes(share: NDArray[np.float32]) -> NDArray[np.uint8]:
    out: NDArray[np.uint8] = np.rint(255 * np.clip(share, 0, 1)).astype(np.uint8)
    return out
