"""One image brought onto another of the same patient."""

from __future__ import annotations

import numpy as np

from ml.imaging.register import deformed_onto
from ml.imaging.resample import to_grid
from ml.imaging.volume import Volume
from ml.pipelines.synthetic_ct.fixture import limb


def test_a_ct_that_lies_beside_its_mr_is_brought_back() -> None:
    mr, ct = limb(shape=(20, 96, 90))
    moved = ct.affine.copy()
    moved[:3, 3] += (7.0, -5.0, 4.0)
    astray = Volume(array=ct.array, affine=moved)
    before = to_grid(astray, mr, outside=-1024.0).array
    after = deformed_onto(mr, astray, outside=-1024.0).array
    inside = ct.array > -500
    error = [float(np.abs(image - ct.array)[inside].mean()) for image in (before, after)]
    assert error[1] < 0.5 * error[0]
