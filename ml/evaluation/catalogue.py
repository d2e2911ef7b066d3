"""Every figure there is: tier, unit, which way is better, how subjects are pooled."""

from __future__ import annotations

from dataclasses import dataclass

from ml.contracts.evaluation import Direction, Tier


@dataclass(frozen=True, slots=True)
class Metric:
    """``pool``: a key of ``ml.evaluation.intervals.POOLS``, or "set" for a figure of a whole set
    of images, which no single subject has."""

    name: str
    tier: Tier
    unit: str
    direction: Direction
    pool: str
    title: str


def _m(
    name: str, tier: Tier, unit: str, direction: Direction, title: str, *, pool: str = "mean"
) -> Metric:
    return Metric(name, tier, unit, direction, pool, title)


_ALL = (
    _m("mae", "pixel", "intensity", "lower", "mean absolute error"),
    _m("bias", "pixel", "intensity", "zero", "mean signed error"),
    _m("nmse", "pixel", "1", "lower", "normalised mean squared error"),
    _m("psnr", "pixel", "dB", "higher", "peak signal-to-noise ratio"),
    _m("ssim", "pixel", "1", "higher", "structural similarity"),
    _m("ms_ssim", "pixel", "1", "higher", "multi-scale structural similarity"),
    _m("perceptual", "feature", "1", "lower", "distance of normalised feature maps (LPIPS-like)"),
    _m("radiomics", "feature", "1", "lower", "radiomics distance (Canberra, 0 to 1)"),
    _m("fid", "feature", "1", "lower", "Fréchet distance of features", pool="set"),
    _m("kid", "feature", "1", "lower", "kernel distance of features (unbiased MMD²)", pool="set"),
    _m(
        "precision",
        "feature",
        "1",
        "higher",
        "share of predictions among the references",
        pool="set",
    ),
    _m("recall", "feature", "1", "higher", "share of references among the predictions", pool="set"),
    _m(
        "diversity",
        "feature",
        "1",
        "higher",
        "mean pairwise distance, of the references'",
        pool="set",
    ),
    _m("vendi", "feature", "1", "higher", "effective number of different images", pool="set"),
    _m(
        "novelty",
        "feature",
        "1",
        "higher",
        "distance to the nearest reference (memorising: 0)",
        pool="set",
    ),
    _m("dice", "task", "1", "higher", "Dice coefficient"),
    _m("hd95", "task", "mm", "lower", "95th percentile Hausdorff distance"),
    _m("asd", "task", "mm", "lower", "average symmetric surface distance"),
    _m("gamma_pass", "task", "%", "higher", "γ 2 %/2 mm of a photon plan, 10 % cut-off"),
    _m("dose_mean_error", "task", "%", "zero", "mean dose of the target, of the reference's"),
    _m("dose_d95_error", "task", "%", "zero", "D95 of the target, of the reference's"),
    _m("volume_error", "task", "ml", "zero", "volume error"),
    _m("volume_error_percent", "task", "%", "zero", "volume error, of the reference's"),
    _m("volume_predicted", "task", "ml", "none", "volume in the prediction"),
    _m("volume_reference", "task", "ml", "none", "volume in the reference"),
    _m("lesion_sensitivity", "task", "1", "higher", "lesions found", pool="ratio"),
    _m("lesion_false_positives", "task", "per volume", "lower", "false detections", pool="ratio"),
    _m("lesion_f1", "task", "1", "higher", "lesion F1", pool="f1"),
    _m(
        "lesion_froc",
        "task",
        "1",
        "higher",
        "mean sensitivity at 1/4 to 8 false positives",
        pool="froc",
    ),
    _m("fact_f1", "task", "1", "higher", "F1 of facts with presence and side (micro)", pool="f1"),
    _m("fact_f1_macro", "task", "1", "higher", "F1 of facts, mean over findings", pool="macro f1"),
    _m("fact_f1_positive", "task", "1", "higher", "F1 of facts stated as present", pool="f1"),
    _m("laterality", "task", "1", "higher", "sided facts on the right side", pool="ratio"),
    _m(
        "negation_errors",
        "task",
        "per report",
        "lower",
        "facts with presence turned round",
        pool="ratio",
    ),
    _m("side_errors", "task", "per report", "lower", "facts on the wrong side", pool="ratio"),
)

METRICS = {metric.name: metric for metric in _ALL}
