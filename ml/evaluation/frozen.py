"""The frozen network of the feature and task tiers: our own head segmenter, named by digest."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ml.contracts.errors import WeightsMissing
from ml.contracts.evaluation import Named
from ml.imaging.volume import Volume

if TYPE_CHECKING:
    from ml.models.head_unet.modeling import HeadUNet
    from ml.models.head_unet.segmenter import HeadSegmenter

CHECKPOINT = Path(__file__).parents[1] / "models/head_unet/checkpoints/head_unet.safetensors"


class Frozen:
    """Loads the network when it is first asked for, and remembers that it was."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or CHECKPOINT
        self._reference: tuple[Volume, Volume] | None = None

    @cached_property
    def model(self) -> HeadUNet:
        """The network on the CPU, in float32.

        Raises:
            WeightsMissing: there is no checkpoint.
        """
        from ml.models.head_unet.weights import load

        if not self.path.is_file():
            raise WeightsMissing(f"The frozen network {self.path.name} is not there.")
        return load(self.path)

    @cached_property
    def _segmenter(self) -> HeadSegmenter:
        from ml.models.head_unet.segmenter import HeadSegmenter

        return HeadSegmenter(self.model)

    @cached_property
    def named(self) -> Named:
        """Family and digest, for the result."""
        from ml.models.head_unet.weights import digest_of_file

        return {"name": "head_unet", "sha256": digest_of_file(self.path)}

    @property
    def used(self) -> bool:
        """Whether any figure came from the network."""
        return "model" in self.__dict__

    def segment(self, image: Volume) -> Volume:
        """Label ids (z, y, x) of a head on the image's grid."""
        from ml.simulate import labels

        found = self._segmenter.segment(image)
        return image.like(labels.combine(found.tissue, found.is_left))

    def segment_reference(self, image: Volume) -> Volume:
        """The same, remembered: a reference meets the prediction, the floor and the baseline."""
        if self._reference is None or self._reference[0] is not image:
            self._reference = (image, self.segment(image))
        return self._reference[1]
