"""What the gate sees of simulated heads, fine and faulty, kept on disk so that fitting can go on
where it was stopped and be tried again at once."""

from __future__ import annotations

import functools
import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from ml.imaging.volume import Volume
from ml.models.input_gate.sight import Sight, look
from ml.simulate.anatomy import Anatomy
from ml.simulate.draw import Draw
from ml.training.input_gate import shifts
from ml.training.input_gate.usual import usual_head

# To be raised whenever a simulated head, a fault or a feature changes.
CACHE_VERSION = 1


def _noisy(draw: Draw, volume: Volume) -> Volume:
    return shifts.noise(math.exp(draw.uniform(math.log(0.08), math.log(0.4))), draw, volume)


def _moved(draw: Draw, volume: Volume) -> Volume:
    return shifts.motion(draw.uniform(2.0, 7.0), draw, volume)


def _metal(draw: Draw, volume: Volume) -> Volume:
    return shifts.metal(draw.uniform(5.0, 22.0), draw, volume)


# Faults of the picture itself, of any strength, for training. Those of its place, size and frame
# are made from the coarse picture (``ml.training.input_gate.faults``).
PICTURE_FAULTS = {"noise": _noisy, "motion": _moved, "metal": _metal}


def sights(
    anatomies: Sequence[Anatomy],
    cache: Path,
    changes: Mapping[str, shifts.Change | None],
    *,
    count: int,
    seed: int,
) -> Iterator[dict[str, Sight]]:
    """Per head, the anatomies in turn: what is seen of it after each change; None is none."""
    for number in range(count):
        anatomy = anatomies[number % len(anatomies)]
        head_seed = seed * 1_000_003 + number
        head = functools.cache(functools.partial(usual_head, anatomy, head_seed))
        found = {}
        for name, change in changes.items():
            key = (anatomy.name, name, head_seed)
            made = functools.partial(_changed, head, change, head_seed + 5_555_555)
            found[name] = kept(cache, key, made)
        yield found


def _changed(head: Callable[[], Volume], change: shifts.Change | None, seed: int) -> Volume:
    return head() if change is None else change(Draw(seed), head())


def kept(cache: Path, key: Sequence[str | int], make: Callable[[], Volume]) -> Sight:
    """What is seen of an image, from the cache where it has been looked at before."""
    name = hashlib.sha256(json.dumps([CACHE_VERSION, *key]).encode()).hexdigest()[:24]
    path = cache / f"{name}.npz"
    if not path.exists():
        _write(path, look(make()))
    with np.load(path, allow_pickle=False) as stored:
        names, values = json.loads(str(stored["names"])), stored["values"]
        return Sight(
            features=dict(zip(names, values.tolist(), strict=True)),
            coarse=stored["coarse"].astype(np.float32),
            planes=stored["planes"].astype(np.float32),
        )


def _write(path: Path, sight: Sight) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.npz")
    np.savez(
        part,
        names=json.dumps(list(sight.features)),
        values=np.array(list(sight.features.values())),
        coarse=sight.coarse.astype(np.float16),
        planes=sight.planes.astype(np.float16),
    )
    part.rename(path)
