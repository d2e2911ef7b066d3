"""Kinds of lesion: what each does to relaxation times, proton density and CT numbers.

T1, T2 in ms at about 3 T, PD relative to water, HU. Sources:

* demyelinating plaques: Stevenson et al., J. Neurol. Neurosurg. Psychiatry 68:2 (2000);
* glioma core and oedema: Badve et al., AJNR 38:67 (2017); Blystad et al., PLoS ONE 12 (2017);
* blood by age: Bradley, Radiology 189:15 (1993) for the order of T1 and T2; Ironside et al.,
  Stroke 2020 and clinical reading for HU, which fall by 1 to 2 a day.

Values are rounded, and set the order of what is seen rather than exact numbers.
"""

from __future__ import annotations

import numpy as np

from ml.simulate.matter import Matter

MS_PLAQUE = Matter("MS plaque", 1300.0, 150.0, 0.84, 23.0)
TUMOUR_CORE = Matter("tumour core", 1600.0, 170.0, 0.88, 30.0)
TUMOUR_OEDEMA = Matter("tumour oedema", 1350.0, 145.0, 0.85, 20.0)
HAEMATOMA_OEDEMA = Matter("haematoma oedema", 1350.0, 150.0, 0.85, 18.0)
CAVITY = Matter("resection cavity", 3600.0, 1000.0, 0.98, 9.0)

# Age in days: hyperacute, acute, early and late subacute, chronic.
_BLOOD_AGE = (0.1, 2.0, 5.0, 14.0, 60.0)
_BLOOD_T1 = (1400.0, 1300.0, 450.0, 420.0, 2200.0)
_BLOOD_T2 = (140.0, 38.0, 45.0, 260.0, 400.0)
_BLOOD_PD = (0.88, 0.86, 0.86, 0.92, 0.95)
_BLOOD_HU = (62.0, 72.0, 64.0, 42.0, 10.0)


def blood_of_age(days: float) -> Matter:
    """Clotted blood ``days`` old, interpolated over the logarithm of its age.

    Raises:
        ValueError: the age is negative.
    """
    if days < 0:
        raise ValueError("blood is not younger than its bleeding")
    at = np.log(max(days, _BLOOD_AGE[0]))
    ages = np.log(_BLOOD_AGE)
    t1, t2, pd, hu = (
        float(np.interp(at, ages, values))
        for values in (_BLOOD_T1, _BLOOD_T2, _BLOOD_PD, _BLOOD_HU)
    )
    return Matter("haematoma", t1, t2, pd, hu)
