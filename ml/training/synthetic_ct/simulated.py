"""Simulated pairs of the head: a T1 and a CT of one anatomy, on one grid and exactly aligned."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from ml.imaging.body import body_of_ct, body_of_mr
from ml.imaging.volume import Volume
from ml.simulate import labels
from ml.simulate.acquire import CtScanner, MrScanner, ct_image, mr_image
from ml.simulate.anatomy import load_anatomy
from ml.simulate.draw import Draw
from ml.simulate.protocols import PROTOCOLS
from ml.simulate.tissue import tissue_maps
from ml.simulate.variation import Variation, varied
from ml.training.synthetic_ct.pairs import AIR_HU, RIM_MM, Pair

# T1-weighted, as the contract of the pipeline asks; two thirds are the common MPRAGE.
WEIGHTINGS = ("T1w MPRAGE", "T1w GRE", "T1w MPRAGE", "T1w SE", "T1w MPRAGE", "T1w MPRAGE")
SPACING = (1.0, 1.0, 1.0)


def head_pairs(
    files: Sequence[Path], variants: int, cache: Path, *, anatomy_cache: Path
) -> list[Pair]:
    """``variants`` people from each label file, each with a T1 and a CT; kept in ``cache``."""
    found = []
    for number, file in enumerate(sorted(files)):
        for variant in range(variants):
            name = f"{file.name.removesuffix('.nii.gz')}-{variant}"
            kept = cache / f"{name}.npz"
            if not kept.exists():
                protocol = WEIGHTINGS[(number + variant) % len(WEIGHTINGS)]
                made = _made(file, anatomy_cache, protocol, seed=1000 * number + variant)
                cache.mkdir(parents=True, exist_ok=True)
                np.savez(kept, mr=made["mr"], ct=made["ct"], labels=made["labels"])
            with np.load(kept, allow_pickle=False) as stored:
                found.append(_pair(name, stored["mr"], stored["ct"]))
    return found


def floor_of(label_ids: NDArray[np.int32], ct: NDArray[np.floating]) -> NDArray[np.float32]:
    """The CT that someone would draw who knows every true tissue and nothing else: the mean of
    each label. Its error is the floor: texture and noise that no MR shows."""
    count = int(label_ids.max()) + 1
    sums = np.bincount(label_ids.ravel(), weights=ct.ravel().astype(np.float64), minlength=count)
    sizes = np.bincount(label_ids.ravel(), minlength=count)
    means: NDArray[np.float32] = (sums / np.maximum(sizes, 1)).astype(np.float32)
    return means[label_ids]


def stored_labels(cache: Path, name: str) -> NDArray[np.int32]:
    """The true label ids of a cached pair, muscle and fat of the soft tissue told apart."""
    with np.load(cache / f"{name}.npz", allow_pickle=False) as stored:
        found: NDArray[np.int32] = stored["labels"].astype(np.int32)
    return found


def _made(
    file: Path, anatomy_cache: Path, protocol: str, *, seed: int
) -> dict[str, NDArray[np.generic]]:
    anatomy = load_anatomy(file, anatomy_cache)
    ids_of = np.array([source.label_id for source in labels.SOURCE_LABELS], dtype=np.uint16)
    codes = np.pad(anatomy.codes, ((2, 12), (12, 12), (12, 12)))
    ids, _ = varied(ids_of[codes], SPACING, seed, Variation(scale=0.08))
    if Draw(seed).chance(0.5):
        ids = np.ascontiguousarray(ids[:, :, ::-1])
    maps = tissue_maps(ids, seed=seed)
    noise = Draw(seed + 7)
    scanner = MrScanner(noise=noise.uniform(0.01, 0.04), bias=noise.uniform(0.05, 0.2))
    image = mr_image(maps, PROTOCOLS[protocol], SPACING, [seed], scanner)[0]
    ct = ct_image(maps, SPACING, [seed + 1], CtScanner())[0]
    truth = ids.astype(np.uint16)
    fat = maps.hounsfield[0] < -45
    truth[(ids == 507) & fat.numpy()] = len(ids_of) + 1000
    return {
        "mr": (1000 * image.clamp(0, 30)).to(torch.int16).numpy(),
        "ct": ct.round().to(torch.int16).numpy(),
        "labels": truth,
    }


def _pair(name: str, mr: NDArray[np.int16], ct: NDArray[np.int16]) -> Pair:
    volume = Volume(array=mr, affine=np.eye(4))
    body = body_of_ct(volume.like(ct))
    mr_body = body_of_mr(volume)
    hu = np.where(body, ct, AIR_HU).astype(np.float32)
    near = ndimage.distance_transform_edt(~(body | mr_body)) <= RIM_MM
    return Pair(
        name=name, mr=volume, ct=hu, body=body, mr_body=mr_body, valid=near, registered=False
    )
