"""Whole images from label maps: a T1-weighted MR and a CT, for samples, tests and training."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from ml.simulate import labels, mr
from ml.simulate.contrast import Contrast, nominal_tissue
from ml.simulate.corrupt import bias_field, gaussian_blur, rician
from ml.simulate.draw import Draw
from ml.simulate.matter import matter_column, matter_index
from ml.simulate.paint import paint

# Coarse grain of each kind of matter on CT, as a share of its distance from soft tissue; noise of
# the scan comes on top.
_CT_TEXTURE_SHARE = 0.12
_CT_TEXTURE_FLOOR_HU = 3.0


def t1w(
    label_ids: NDArray[np.integer],
    seed: int,
    *,
    noise: float = 0.015,
    bias: float = 0.1,
) -> NDArray[np.float32]:
    """A T1-weighted head (MPRAGE at 3 T: TR 2300, TI 900, TE 3 ms, flip 9 degrees).

    Args:
        label_ids: source ids (z, y, x), see ``ml.simulate.labels``, at about 1 mm.
        seed: of texture, bias field and noise.
        noise: sd of the complex noise relative to a bright tissue.
        bias: sd of the logarithm of the receive field.

    Returns:
        float32 (z, y, x), a bright tissue at about 1.

    Raises:
        ValueError: an id that the head key does not name.
    """
    draw = Draw(seed)
    codes = torch.from_numpy(labels.encode(label_ids))
    t1, t2, pd = nominal_tissue()
    mean = mr.mprage(
        t1, 0.7 * t2, pd,
        repetition_ms=2300, inversion_ms=900, echo_spacing_ms=7, echo_ms=3, flip_degrees=9,
    )  # fmt: skip
    ideal = paint(draw, codes, Contrast(name="mprage", mean=mean, sd=0.04 * mean))
    image = gaussian_blur(ideal.clamp_min(0), (0.5, 0.5, 0.5))
    image = image / float(mean[matter_index("white matter")])
    shape = (codes.shape[0], codes.shape[1], codes.shape[2])
    image = image * bias_field(draw, shape, strength=bias)
    return rician(draw, image, sd=noise).numpy()


def ct(label_ids: NDArray[np.integer], seed: int, *, noise_hu: float = 8.0) -> NDArray[np.int16]:
    """A head CT: class means of ``ml.simulate.matter`` with texture, point spread and noise.

    Args:
        label_ids: source ids (z, y, x) at about 1 mm.
        seed: of texture and noise.
        noise_hu: sd of the scan's noise in soft tissue.

    Returns:
        int16 (z, y, x) in HU, cut to -1024..3071.

    Raises:
        ValueError: an id that the head key does not name.
    """
    draw = Draw(seed)
    codes = torch.from_numpy(labels.encode(label_ids))
    mean = torch.from_numpy(matter_column("hounsfield"))
    sd = (_CT_TEXTURE_SHARE * (mean - 35).abs()).clamp_min(_CT_TEXTURE_FLOOR_HU)
    sd[matter_index("air")] = 0.0
    sd[matter_index("fat")] = _CT_TEXTURE_FLOOR_HU * 3
    ideal = paint(draw, codes, Contrast(name="ct", mean=mean, sd=sd))
    blurred = gaussian_blur(ideal, (0.6, 0.6, 0.6))
    # Reconstructed noise is correlated over about two voxels.
    grain = gaussian_blur(draw.normals(*codes.shape), (0.7, 0.7, 0.7))
    hounsfield = blurred + noise_hu * grain / grain.std()
    return hounsfield.round().clamp(-1024, 3071).to(torch.int16).numpy()
