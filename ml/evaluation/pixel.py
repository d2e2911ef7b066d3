"""The pixel tier: how far values lie from those of the reference, within a mask."""

from __future__ import annotations

import math

import numpy as np

from ml.evaluation.case import ImagePair, Values, as_float, one
from ml.evaluation.ssim import ssim_and_ms_ssim


def pixel_metrics(pair: ImagePair) -> Values:
    """MAE, bias, NMSE, PSNR, SSIM and MS-SSIM within the mask; MAE and bias per tissue too.

    PSNR, SSIM and MS-SSIM take both images cut to the population's range and use that range as
    peak (SynthRAD 2023 and 2025). NMSE divides by the reference's energy counted from the lowest
    value of the range, so that it is defined in HU, where water is 0.

    Raises:
        ValueError: the mask is empty.
    """
    if not pair.mask.any():
        raise ValueError("the mask is empty")
    low, high = pair.value_range
    pred, ref = (as_float(volume.array[pair.mask]) for volume in (pair.pred, pair.ref))
    error = pred - ref
    cut = np.clip(pred, low, high) - np.clip(ref, low, high)
    energy = float(((ref - low) ** 2).sum())
    similarity, multi_scale = ssim_and_ms_ssim(
        pair.pred.array, pair.ref.array, pair.mask, pair.value_range
    )
    values: Values = {
        ("mae", ""): one(float(np.abs(error).mean())),
        ("bias", ""): one(float(error.mean())),
        ("nmse", ""): one(float((error**2).sum()) / energy if energy else math.nan),
        ("psnr", ""): one(peak_signal_to_noise(float((cut**2).mean()), high - low)),
        ("ssim", ""): one(similarity),
        ("ms_ssim", ""): one(multi_scale),
    }
    for name, where in pair.tissues.items():
        inside = as_float(pair.pred.array[where]) - as_float(pair.ref.array[where])
        values["mae", name] = one(float(np.abs(inside).mean()))
        values["bias", name] = one(float(inside.mean()))
    return values


def peak_signal_to_noise(mean_square: float, peak: float) -> float:
    """PSNR in dB, at most 100 dB: equal images have no finite one, and means need finite ones."""
    if mean_square <= 0:
        return 100.0
    return min(100.0, 10.0 * math.log10(peak**2 / mean_square))
