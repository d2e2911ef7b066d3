"""Is this image of the kind a model was made for? One score per image, and where it differs.

Several judges look at an image: the distance to the usual images, which knows no fault; a network
that looks at the coarse picture (upright, true to size, whole, without metal); one that looks at
slices (movement); and a regression on texture (noise, movement, metal). What each says is turned
into surprise: minus the logarithm of the share of usual images that say as much, by a generalised
Pareto tail (Pickands, Ann. Stat. 3:119, 1975) above the twentieth that says most. The score is the
largest surprise, divided by the one that one usual image in a hundred exceeds: above 1 the image is
held back. The limit is one for all judges together, so that more judges do not mean more false
alarms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ml.imaging.volume import Volume
from ml.models.input_gate import planes, view
from ml.models.input_gate.distance import Usual
from ml.models.input_gate.features import GROUPS
from ml.models.input_gate.picture import Picture
from ml.models.input_gate.sight import Sight, look

FALSE_ALARMS = 0.01
# The tail of a judge on usual images begins where this share of them is left.
_TAIL = 0.05
_HEAVIEST, _STRAIGHT = 0.3, 1e-6
# What lies beyond the end of a light tail is taken as this close to its end.
_BEYOND = 1e-3
_TOLD = 2
JUDGES: Mapping[str, str] = {
    "distance": "",  # told by the groups of features
    "view turned": "the way the head lies (turned, or upside down)",
    "view spacing": "the size or proportions of what is shown",
    "view cut": "parts of the head that are cut off",
    "view metal": "voids and very bright places as metal leaves them",
    "planes motion": "traces of movement",
    "picture noise": "noise",
    "picture motion": "traces of movement",
    "picture metal": "voids and very bright places as metal leaves them",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """``score``: above 1 the image is unusual. ``reasons``: what differs most, in words for
    people, most unusual first; empty when the image is accepted."""

    score: float
    reasons: tuple[str, ...]

    @property
    def accepted(self) -> bool:
        return self.score <= 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InputGate:
    """``start``, ``reach`` and ``shape`` (judges,): where each judge's tail begins, its scale, and
    how heavy it is; ``limit``: the largest surprise that is just still accepted."""

    usual: Usual
    view_net: view.ViewNet
    plane_net: planes.PlaneNet
    picture: Picture
    start: NDArray[np.float64] = field(default_factory=lambda: np.zeros(len(JUDGES)))
    reach: NDArray[np.float64] = field(default_factory=lambda: np.ones(len(JUDGES)))
    shape: NDArray[np.float64] = field(default_factory=lambda: np.zeros(len(JUDGES)))
    limit: float = 1.0

    def check(self, volume: Volume) -> Verdict:
        """Judge an image, (z, y, x) on any grid, any unit.

        Raises:
            ValueError: it holds no signal, or values that are not finite.
        """
        return self.judge(look(volume))

    def judge(self, sight: Sight) -> Verdict:
        """Judge an image that was looked at before."""
        places = self.places(sight)
        score = max(places.values())
        reasons = () if score <= 1.0 else self._reasons(sight, places)
        return Verdict(score=score, reasons=reasons)

    def places(self, sight: Sight) -> dict[str, float]:
        """Each judge's part of the score, by name of ``JUDGES``."""
        values = self.surprise(self.opinions(sight)) / self.limit
        return dict(zip(JUDGES, values.tolist(), strict=True))

    def opinions(self, sight: Sight) -> NDArray[np.float64]:
        """What each judge says before it is held against usual images, (judges,)."""
        seen = view.answers(self.view_net, sight.coarse)
        sliced = planes.answers(self.plane_net, sight.planes)
        drawn = self.picture.answers(sight.features)
        said = {"distance": self.usual.distance(sight.features)}
        said |= {f"view {name}": value for name, value in seen.items()}
        said |= {f"planes {name}": value for name, value in sliced.items()}
        said |= {f"picture {name}": value for name, value in drawn.items()}
        return np.array([said[name] for name in JUDGES], dtype=np.float64)

    def surprise(self, said: NDArray[np.float64]) -> NDArray[np.float64]:
        """Minus the natural logarithm of the share of usual images that say as much or more,
        (..., judges); 0 well below the tail."""
        excess = (said - self.start) / self.reach
        # Towards an exponential tail as the shape goes to 0.
        shape = np.where(np.abs(self.shape) < _STRAIGHT, _STRAIGHT, self.shape)
        tail = np.log(np.maximum(1 + shape * excess, _BEYOND)) / shape
        surprise: NDArray[np.float64] = np.maximum(tail - np.log(_TAIL), 0.0)
        return surprise

    def _reasons(self, sight: Sight, places: Mapping[str, float]) -> tuple[str, ...]:
        told: list[str] = []
        for name in sorted(places, key=lambda judge: -places[judge]):
            if places[name] > 1.0:
                told += [JUDGES[name]] if JUDGES[name] else self._groups(sight)
        return tuple(dict.fromkeys(told))[:_TOLD]

    def _groups(self, sight: Sight) -> list[str]:
        """The groups of features that are furthest from the usual, furthest first."""
        worst: dict[str, float] = {}
        for name, sd in self.usual.away(sight.features).items():
            group = name.split("/")[0]
            worst[group] = max(worst.get(group, 0.0), sd)
        return [GROUPS[group] for group in sorted(worst, key=lambda group: -worst[group])]


def calibrated(gate: InputGate, held_out: Sequence[Sight]) -> InputGate:
    """The gate with its limit set on usual images of people that no judge was trained on.

    Raises:
        ValueError: too few images to see one in a hundred.
    """
    if len(held_out) < 1 / FALSE_ALARMS:
        raise ValueError("too few images to set the gate's limit on")
    said = np.array([gate.opinions(sight) for sight in held_out])
    start = np.quantile(said, 1 - _TAIL, axis=0)
    tails = [one[one > low] - low for one, low in zip(said.T, start, strict=True)]
    mean = np.array([tail.mean() if tail.size else 1.0 for tail in tails])
    square = np.array([tail.var() if tail.size else 1.0 for tail in tails])
    # By moments (Hosking and Wallis, Technometrics 29:339, 1987), within what so few can tell.
    shape = np.clip(0.5 * (1 - mean**2 / np.maximum(square, 1e-12)), -_HEAVIEST, _HEAVIEST)
    gate = replace(gate, start=start, reach=np.maximum(mean * (1 - shape), 1e-6), shape=shape)
    largest = gate.surprise(said).max(axis=1)
    return replace(gate, limit=float(np.quantile(largest, 1 - FALSE_ALARMS, method="higher")))
