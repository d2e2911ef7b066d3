"""The recipe of the shipped head segmenter: every number that decides the result."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from pathlib import Path

from ml.models.head_unet.config import HeadUNetConfig
from ml.simulate.head import HeadOptions

# By subject. Even and odd subjects come from two scanning protocols (whole head and neck; head
# cut below the skull base): each part of the split has both.
VALIDATION_SUBJECTS = (4, 12)
TEST_SUBJECTS = (9, 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Optimisation settings; model and simulation have their own.

    The heads come in stages, each lasting up to a step: first T1-like ones, on which
    the network quickly learns what tissues are and where; then every contrast. Views hold most of
    the brain; during the final decay nearly the whole head, as at use.
    """

    seed: int = 20251
    learning_rate: float = 2e-3
    rate_factors: tuple[tuple[str, float], ...] = (
        ("classify", 4.0),
        ("norms", 2.0),
        ("detail.1", 2.0),
    )
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 1e-4
    warmup_steps: int = 40
    ema_decay: float = 0.998
    gradient_clip: float = 1.0
    sub_voxels: int = 2
    side_weight: float = 0.5
    model: HeadUNetConfig = field(default_factory=lambda: HeadUNetConfig(detail=96))
    stages: tuple[tuple[int, HeadOptions], ...] = (
        (
            500,
            HeadOptions(
                shape=(96, 128, 96),
                voxel_mm=1.5,
                centre_spread_mm=10,
                brain_centre_share=1.0,
                scale=0.1,
                rotation_degrees=8,
                physical_share=1.0,
                t1_share=1.0,
                stripped_share=0.15,
            ),
        ),
        (
            1_000,
            HeadOptions(
                shape=(96, 128, 96),
                voxel_mm=1.5,
                centre_spread_mm=15,
                brain_centre_share=1.0,
                physical_share=0.9,
                t1_share=0.8,
                stripped_share=0.25,
            ),
        ),
        (
            2_872,
            HeadOptions(
                shape=(96, 128, 96), voxel_mm=1.5, centre_spread_mm=20, brain_centre_share=0.9
            ),
        ),
        (
            1_000_000,
            HeadOptions(
                shape=(96, 128, 96),
                voxel_mm=1.5,
                centre_spread_mm=20,
                brain_centre_share=0.95,
                physical_share=0.65,
                t1_share=0.4,
                stripped_share=0.2,
            ),
        ),
    )
    final_heads: HeadOptions = field(
        default_factory=lambda: HeadOptions(
            shape=(112, 144, 112),
            voxel_mm=1.5,
            centre_spread_mm=20,
            brain_centre_share=1.0,
            physical_share=0.7,
            t1_share=0.4,
            stripped_share=0.2,
        )
    )

    def heads_at(self, step: int) -> HeadOptions:
        """What heads the step trains on before the final decay."""
        return next(options for until, options in self.stages if step < until)

    def as_dict(self) -> dict[str, object]:
        return dataclasses.asdict(self)


def subject_of(path: Path) -> int:
    """Subject number in a name such as ``training_seg_07.nii.gz``; ``ValueError`` if none."""
    match = re.search(r"(\d+)\.nii", path.name)
    if match is None:
        raise ValueError(f"no subject number in {path.name}")
    return int(match.group(1))


def split(paths: list[Path]) -> tuple[list[Path], list[Path], list[Path]]:
    """Training, validation and test files, by subject."""
    held_out = {*VALIDATION_SUBJECTS, *TEST_SUBJECTS}
    ordered = sorted(paths)
    return (
        [p for p in ordered if subject_of(p) not in held_out],
        [p for p in ordered if subject_of(p) in VALIDATION_SUBJECTS],
        [p for p in ordered if subject_of(p) in TEST_SUBJECTS],
    )
