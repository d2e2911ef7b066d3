"""How far the volumes of one head agree when it is scanned again: in the same contrast, in thick
slices, in other contrasts. All figures are absolute differences in percent of the mean volume."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

import numpy as np
import torch
from numpy.typing import NDArray

from ml.imaging.volume import Volume
from ml.models.head_unet.segmenter import HeadSegmenter
from ml.simulate import labels
from ml.simulate.anatomy import Anatomy
from ml.simulate.corrupt import bias_field, gaussian_blur, rician
from ml.simulate.deform import random_affine
from ml.simulate.draw import Draw
from ml.simulate.paint import paint
from ml.simulate.warp import sample_linear
from ml.training.segment_head.trials import KINDS, contrast_of

Tell = Callable[[str], None]
Table = dict[str, float]
# Structures smaller than this are left out of summaries: their voxels are too few.
LARGE_ML = 5.0
SLICE_MM = 5


def volumes(segmenter: HeadSegmenter, image: Volume) -> Table:
    """Millilitres by tissue of the brain, both sides together."""
    found = segmenter.segment(image)
    return of_tissue(found.tissue, image.voxel_ml)


def of_tissue(tissue: NDArray[np.uint8], voxel_ml: float) -> Table:
    """Millilitres by tissue of the brain in a map of tissues."""
    count = np.bincount(tissue.ravel(), minlength=len(labels.TISSUES))
    return {t.name: float(count[k] * voxel_ml) for k, t in enumerate(labels.TISSUES) if t.in_brain}


def difference(a: Mapping[str, float], b: Mapping[str, float]) -> Table:
    """Absolute difference of two tables of volumes, in percent of their mean."""
    return {
        name: 100 * abs(a[name] - b[name]) / max((a[name] + b[name]) / 2, 1e-6)
        for name in a
        if name in b
    }


def summary(rows: Sequence[Table], size: Mapping[str, float]) -> Table:
    """Mean over rows by structure, and over the structures above :data:`LARGE_ML` the mean and
    the largest."""
    table = {name: round(float(np.mean([row[name] for row in rows])), 2) for name in rows[0]}
    large = [table[name] for name in table if size[name] > LARGE_ML]
    table["mean of structures over 5 ml"] = round(float(np.mean(large)), 2)
    table["largest of structures over 5 ml"] = round(float(np.max(large)), 2)
    return table


def repeated(
    segmenter: HeadSegmenter, anatomies: Sequence[Anatomy], scans: int, seed: int, tell: Tell
) -> dict[str, Table]:
    """Test and retest: each person lies down ``scans`` times, turned by a few degrees, in the same
    contrast, under another bias field and noise; by kind of contrast, over pairs of scans."""
    figures = {}
    for kind in KINDS:
        rows, sizes = [], []
        for anatomy in anatomies:
            found = [
                volumes(segmenter, scan_again(anatomy, kind, seed, visit)) for visit in range(scans)
            ]
            rows += [difference(a, b) for a, b in combinations(found, 2)]
            sizes.append(_true_ml(anatomy))
        figures[kind] = summary(rows, _mean(sizes))
        tell(f"test and retest, {kind}: {figures[kind]['mean of structures over 5 ml']} %")
    return figures


def between_people(anatomies: Sequence[Anatomy]) -> Table:
    """What any two people differ by: a change smaller than test and retest says nothing, and test
    and retest as large as this would say nothing of anybody."""
    sizes = [_true_ml(anatomy) for anatomy in anatomies]
    return summary([difference(a, b) for a, b in combinations(sizes, 2)], _mean(sizes))


def thick(
    segmenter: HeadSegmenter, anatomies: Sequence[Anatomy], seed: int, tell: Tell
) -> dict[str, Table]:
    """Volumes of one scan in slices of 5 mm against the same scan at 1 mm; and of the truth when
    each slice of 5 mm has its commonest label, which is what no segmenter can do better."""
    figures = {}
    for kind in ("T1-like", "T2-like", "FLAIR-like"):
        rows = []
        for anatomy in anatomies:
            fine = scan_again(anatomy, kind, seed, 0)
            rows.append(difference(volumes(segmenter, fine), volumes(segmenter, thicker(fine))))
        figures[kind] = summary(rows, _mean([_true_ml(a) for a in anatomies]))
        tell(f"5 mm slices, {kind}: {figures[kind]['mean of structures over 5 ml']} %")
    floor = [difference(_true_ml(a), _thick_truth_ml(a)) for a in anatomies]
    figures["truth in 5 mm slices"] = summary(floor, _mean([_true_ml(a) for a in anatomies]))
    return figures


def thicker(image: Volume) -> Volume:
    """Slices of 5 mm by averaging five of 1 mm each."""
    depth = image.shape[0] // SLICE_MM
    array = image.array[: depth * SLICE_MM].reshape(depth, SLICE_MM, *image.shape[1:]).mean(axis=1)
    affine = image.affine.copy()
    affine[:3, 3] += image.affine[:3, 2] * (SLICE_MM - 1) / 2
    affine[:3, 2] *= SLICE_MM
    return Volume(array=array.astype(np.float32), affine=affine)


def contrasts(
    segmenter: HeadSegmenter, images: Mapping[str, Volume], tell: Tell
) -> dict[str, Table]:
    """Volumes of one head in several contrasts, and for each structure the largest difference of
    two of them in percent of the mean of all."""
    found = {name: volumes(segmenter, image) for name, image in images.items()}
    middle = _mean(list(found.values()))
    spread = {
        name: 100
        * (max(t[name] for t in found.values()) - min(t[name] for t in found.values()))
        / max(middle[name], 1e-6)
        for name in middle
    }
    figures = {name: _rounded(table) for name, table in found.items()}
    figures["largest difference, percent"] = summary([spread], middle)
    tell(f"contrasts: {figures['largest difference, percent']['mean of structures over 5 ml']} %")
    return figures


def scan_again(anatomy: Anatomy, kind: str, seed: int, visit: int) -> Volume:
    """The same person in the same contrast (which ``seed`` decides) on another day (``visit``):
    lying differently by a few degrees and millimetres, another bias field, other noise."""
    body = Draw(seed)
    contrast = contrast_of(body, kind)
    ideal = paint(body, torch.from_numpy(anatomy.codes), contrast).clamp_min(0)
    day = Draw(seed + 7919 * (visit + 1))
    image = sample_linear(ideal[None], _turned(day, anatomy))[0]
    image = gaussian_blur(image, (0.5, 0.5, 0.5))
    image = image * bias_field(day, anatomy.codes.shape, strength=0.12)
    bright = float(torch.quantile(image[image > 0.05 * image.max()][::97], 0.95))
    image = rician(day, image / max(bright, 1e-6), sd=0.03)
    return Volume(array=image.numpy(), affine=np.eye(4))


def _turned(draw: Draw, anatomy: Anatomy) -> torch.Tensor:
    """From each voxel of the new scan to its place in the old one, (3, z, y, x) in voxels."""
    shape = anatomy.codes.shape
    rigid = random_affine(draw, scale=0.0, rotation_degrees=5.0, shear=0.0)
    middle = torch.tensor(shape, dtype=torch.float32) / 2
    shift = draw.uniforms(-4.0, 4.0, 3)
    grid = torch.stack(
        torch.meshgrid(*(torch.arange(n, dtype=torch.float32) for n in shape), indexing="ij")
    )
    place = rigid @ (grid.flatten(1) - middle[:, None]) + (middle + shift)[:, None]
    return place.reshape(3, *shape) - grid


def _true_ml(anatomy: Anatomy) -> Table:
    return of_tissue(labels.code_to_tissue()[anatomy.codes], 1e-3)


def _thick_truth_ml(anatomy: Anatomy) -> Table:
    tissue = labels.code_to_tissue()[anatomy.codes]
    depth = tissue.shape[0] // SLICE_MM
    slabs = tissue[: depth * SLICE_MM].reshape(depth, SLICE_MM, *tissue.shape[1:])
    votes = np.stack([(slabs == k).sum(axis=1) for k in range(len(labels.TISSUES))])
    return of_tissue(votes.argmax(axis=0).astype(np.uint8), 1e-3 * SLICE_MM)


def _mean(tables: Sequence[Mapping[str, float]]) -> Table:
    return {name: float(np.mean([table[name] for table in tables])) for name in tables[0]}


def _rounded(table: Mapping[str, float]) -> Table:
    return {name: round(value, 2) for name, value in table.items()}
