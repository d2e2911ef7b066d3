"""The feature spaces there are, by name, and the features of an image in each."""

from __future__ import annotations

from dataclasses import dataclass

from ml.evaluation.case import ImagePair, Values, one
from ml.evaluation.encoder import head_features, intensity_scale, perceptual_distance
from ml.evaluation.frozen import Frozen
from ml.evaluation.intervals import Array
from ml.evaluation.radiomics import radiomics, radiomics_distance, vector
from ml.imaging.volume import Volume


@dataclass(frozen=True, slots=True)
class Space:
    """``standardised``: features have units of their own and are divided by the references'
    standard deviation before sets are compared."""

    name: str
    standardised: bool


ENCODER = Space("head_unet encoder", standardised=False)
RADIOMICS = Space("radiomics", standardised=True)
SPACES = {space.name: space for space in (ENCODER, RADIOMICS)}


def features_of(image: Volume, pair: ImagePair, frozen: Frozen) -> dict[str, Array]:
    """Features (vectors, numbers) of an image in each space, on the scale and in the mask of the
    pair's reference."""
    scale = intensity_scale(pair.ref.array)
    return {
        ENCODER.name: head_features(image, frozen, scale),
        RADIOMICS.name: vector(radiomics(image.array, pair.mask, scale)),
    }


def feature_metrics(pair: ImagePair, frozen: Frozen) -> Values:
    """Distances of a prediction from its own reference."""
    scale = intensity_scale(pair.ref.array)
    found, true = (radiomics(v.array, pair.mask, scale) for v in (pair.pred, pair.ref))
    return {
        ("perceptual", ENCODER.name): one(perceptual_distance(pair.pred, pair.ref, frozen)),
        ("radiomics", ""): one(radiomics_distance(found, true)),
    }
