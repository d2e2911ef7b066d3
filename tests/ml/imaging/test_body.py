"""The outline of the body on MR and CT."""

from __future__ import annotations

import numpy as np

from ml.imaging.body import body_of_ct, body_of_mr
from ml.pipelines.synthetic_ct.fixture import limb


def test_the_outline_holds_dark_bone_and_no_air() -> None:
    mr, ct = limb()
    truth = ct.array > -500
    found = body_of_mr(mr)
    assert 2 * (found & truth).sum() / (found.sum() + truth.sum()) > 0.98
    assert found[10, 58, 68]  # in the marrow
    assert not found[:, 0].any()


def test_bone_at_the_edge_of_the_image_counts_as_body() -> None:
    mr, _ = limb()
    cut = mr.like(mr.array)
    part = type(mr)(array=np.ascontiguousarray(cut.array[:, 50:]), affine=mr.affine)
    found = body_of_mr(part)
    bone = part.array[10] < 100
    inside = np.zeros_like(bone)
    inside[0:18, 52:76] = True
    assert found[10][bone & inside].mean() > 0.95


def test_the_couch_is_not_body() -> None:
    _, ct = limb()
    with_couch = ct.array.copy()
    with_couch[:, -4:-2, :] = 200  # a plate 2 mm thick
    found = body_of_ct(ct.like(with_couch))
    assert not found[:, -4:].any()
    assert found[10, 64, 60]
