"""Relaxation times, proton density and CT numbers per kind of matter, as one table.

T1, T2 in ms at about 3 T, PD relative to water, HU mean. Values are rounded from:

* Wansapura et al., J. Magn. Reson. Imaging 9:531 (1999): grey and white matter at 3 T;
* Stanisz et al., Magn. Reson. Med. 54:507 (2005): muscle, blood, optic nerve, spinal cord at 3 T;
* Bojorquez et al., Magn. Reson. Imaging 35:69 (2017): review at 3 T, deep grey nuclei, CSF;
* Collins et al., IEEE Trans. Med. Imaging 17:463 (1998), BrainWeb: fat, skin, proton densities;
* Schneider et al., Phys. Med. Biol. 45:459 (2000): CT numbers of tissues.

What has no published value (mucosa, skin at 3 T, perivascular rim) is placed between its
neighbours. The simulator spreads every value per subject, so the table sets the order of tissues
rather than exact numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Matter:
    """One kind of matter: T1 and T2 in ms, PD relative to water, mean CT number in HU."""

    name: str
    t1_ms: float
    t2_ms: float
    proton_density: float
    hounsfield: float


MATTER: tuple[Matter, ...] = (
    Matter("air", 1.0, 1.0, 0.0, -1000.0),
    Matter("white matter", 830.0, 80.0, 0.70, 29.0),
    Matter("cortex", 1330.0, 100.0, 0.82, 37.0),
    Matter("ventricular fluid", 4000.0, 1500.0, 1.00, 8.0),
    Matter("cerebellar white matter", 860.0, 80.0, 0.71, 29.0),
    Matter("cerebellar cortex", 1320.0, 98.0, 0.82, 37.0),
    Matter("thalamus", 1080.0, 85.0, 0.77, 35.0),
    Matter("caudate", 1270.0, 92.0, 0.81, 37.0),
    Matter("putamen", 1170.0, 85.0, 0.80, 37.0),
    Matter("pallidum", 930.0, 66.0, 0.75, 37.0),
    Matter("hippocampus", 1340.0, 105.0, 0.83, 37.0),
    Matter("amygdala", 1330.0, 105.0, 0.83, 37.0),
    Matter("accumbens", 1280.0, 95.0, 0.82, 37.0),
    Matter("ventral diencephalon", 980.0, 80.0, 0.75, 33.0),
    Matter("brain stem", 960.0, 82.0, 0.74, 31.0),
    Matter("csf", 3800.0, 1200.0, 0.99, 8.0),
    Matter("white matter lesion", 1250.0, 140.0, 0.82, 24.0),
    Matter("perivascular space", 1900.0, 250.0, 0.86, 18.0),
    Matter("choroid plexus", 2000.0, 200.0, 0.90, 25.0),
    Matter("optic nerve", 1080.0, 78.0, 0.75, 33.0),
    Matter("compact bone", 400.0, 1.0, 0.15, 1000.0),
    Matter("spongy bone", 550.0, 60.0, 0.50, 330.0),
    Matter("muscle", 1410.0, 45.0, 0.78, 52.0),
    Matter("fat", 370.0, 75.0, 0.90, -100.0),
    Matter("skin", 900.0, 45.0, 0.70, 15.0),
    Matter("vitreous", 3500.0, 1000.0, 0.98, 10.0),
    Matter("artery", 1900.0, 200.0, 0.85, 48.0),
    Matter("venous blood", 1800.0, 120.0, 0.85, 52.0),
    Matter("mucosa", 1300.0, 95.0, 0.85, 40.0),
    Matter("spinal cord", 990.0, 80.0, 0.74, 33.0),
)

_INDEX = {matter.name: index for index, matter in enumerate(MATTER)}


def matter_index(name: str) -> int:
    """Index of a kind of matter in :data:`MATTER`. Raises ``KeyError`` for an unknown name."""
    return _INDEX[name]


def matter_column(field: str) -> NDArray[np.float32]:
    """One column of the table, (matter,) float32; ``field`` names an attribute of Matter."""
    return np.array([getattr(matter, field) for matter in MATTER], dtype=np.float32)
