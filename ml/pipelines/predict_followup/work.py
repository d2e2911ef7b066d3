"""The work of a prediction on volumes: read, sample, and bring the results to the base's grid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ml.contracts.errors import InputRefused
from ml.contracts.manifest import Manifest
from ml.imaging.registration import RegistrationFailed, register, resampled
from ml.imaging.resample import to_grid
from ml.imaging.volume import Volume
from ml.models.followup.modeling import FollowNet, laid_out
from ml.models.followup.predictor import Base, Samples, base_of, cropped, placed
from ml.models.followup.reader import Reading, read_head
from ml.models.followup.state import signed_distance
from ml.models.followup.weights import Checkpoint, load
from ml.runtime.context import Resources
from ml.runtime.weights import verified_path

READER, PREDICTOR = "reader", "predictor"
# An image whose values are smaller than this is stored in thousandths of normal brain.
_LEAST_SCALE = 50.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """On the base's own grid (z, y, x): the predicted image (int16), the shares of visible tumour
    and core in the middle of the samples, the mean share over all samples, and the change in
    units of normal brain."""

    image: Volume
    visible: NDArray[np.float32]
    core: NDArray[np.float32]
    probability: NDArray[np.float32]
    change: NDArray[np.float32]


def load_checkpoint(manifest: Manifest, resources: Resources, name: str) -> Checkpoint:
    """A network of the manifest, its digest checked; loaded once for all runs.

    Raises:
        WeightsMissing, DigestMismatch: see ``ml.runtime.weights.verified_path``.
    """
    spec = next(spec for spec in manifest.weights if spec.name == name)
    path = verified_path(spec, resources.data_dir)

    def load_it() -> Checkpoint:
        checkpoint = load(path)
        laid_out(checkpoint.model)
        return checkpoint

    return resources.models.get(f"followup/{name}/{spec.sha256}", load_it)


def read_base(volume: Volume, reader: FollowNet) -> tuple[Reading, Base]:
    """What the base shows.

    Raises:
        InputRefused: there is no brain in it.
    """
    try:
        reading = read_head(volume, reader)
    except ValueError as error:
        raise InputRefused(f"The image cannot be used: {error}.") from error
    return reading, base_of(reading)


def prior_distance(
    prior: Volume,
    volume: Volume,
    reading: Reading,
    base: Base,
    reader: FollowNet,
    *,
    check: Callable[[], None],
) -> Tensor:
    """Signed distance of the prior's visible tumour in the base's crop: laid onto the base first.

    Raises:
        InputRefused: the two cannot be laid onto each other, or the prior shows no brain.
    """  # fmt: skip
    try:
        found = register(volume, prior, check=check)
        earlier = read_head(resampled(prior, volume, found), reader)
    except (RegistrationFailed, ValueError) as error:
        raise InputRefused(f"The prior cannot be used: {error}") from error
    on_base = to_grid(earlier.grid.like(earlier.visible), reading.grid).array
    return torch.from_numpy(signed_distance(cropped(on_base, base.start)))


def placed_on(volume: Volume, reading: Reading, samples: Samples) -> Placed:
    """Results on the grid of ``volume``: what was predicted is added to the base as it is, so that
    where nothing changes the base stays voxel for voxel."""
    base, shape = samples.base, reading.grid.shape

    def back(crop: Tensor) -> NDArray[np.float32]:
        on_grid = placed(crop.numpy().astype(np.float32), base, shape)
        out: NDArray[np.float32] = to_grid(reading.grid.like(on_grid), volume).array
        return out

    mask = base.brain
    change = back(samples.middle[0] * mask)
    return Placed(
        image=volume.like(_image(volume, reading, change)),
        visible=back(samples.middle_visible),
        core=back(samples.middle_core),
        probability=np.clip(back(samples.visible.mean(0)), 0, 1),
        change=change,
    )


def _image(volume: Volume, reading: Reading, change: NDArray[np.float32]) -> NDArray[np.int16]:
    factor = 1.0 if reading.scale >= _LEAST_SCALE else 1000.0 / reading.scale
    values = (volume.array.astype(np.float32) + change * reading.scale).clip(min=0) * factor
    out: NDArray[np.int16] = np.rint(values).clip(0, 32767).astype(np.int16)
    return out


def planes_for_preview(samples: Samples) -> Iterator[NDArray[np.float32]]:
    """Base and prediction in the plane through the lesion's middle, with the mean share of
    visible tumour, each (y, x) at 2 mm."""
    z = samples.base.state.shape[1] // 2
    yield samples.base.state[0, z].numpy()
    yield (samples.base.state[0, z] + samples.middle[0, z]).numpy()
    yield samples.visible.mean(0)[z].numpy()
