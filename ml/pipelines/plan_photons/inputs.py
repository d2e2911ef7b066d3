"""The inputs of a plan, read and held together by their frame of reference."""

from __future__ import annotations

from dataclasses import dataclass

from ml.contracts.errors import InputRefused
from ml.dicom.read_parametric_map import read_parametric_map
from ml.dicom.read_rtstruct import StructureSet, read_rtstruct
from ml.dicom.roi_masks import FrameOfReferenceDiffers, check_frame
from ml.imaging.volume import Volume
from ml.planning.grid import is_transverse
from ml.runtime.context import RunContext
from ml.runtime.inputs import read_input


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inputs:
    """What is planned on and checked with; images on their own grids, None where not given."""

    image: Volume
    structures: tuple[StructureSet, ...]
    reference: Volume | None
    lower: Volume | None
    upper: Volume | None
    mr: Volume | None


def read_inputs(context: RunContext) -> Inputs:
    """Read every input that was given.

    Raises:
        InputRefused: one cannot be read or used, lies in another frame of reference than the
            image, or two structure sets name the same region; the message says which and why.
    """
    image = read_input(context)
    if image.source is None:
        raise InputRefused("A plan is made on a DICOM series: dose and plan refer to it.")
    if not is_transverse(image):
        raise InputRefused(
            "The slices are not transverse, and planning systems refuse such a CT. Resample it "
            "first; the synthetic CT of this system is always transverse."
        )
    sets = tuple(
        _structures(context, name, image)
        for name in ("structures", "structures2")
        if name in context.request.inputs
    )
    _no_name_twice(sets)
    if ("lower" in context.request.inputs) != ("upper" in context.request.inputs):
        raise InputRefused("The bounds of a synthetic CT come in pairs: one of the two is missing.")
    return Inputs(
        image=image,
        structures=sets,
        reference=_beside(context, "reference", image),
        lower=_bound(context, "lower", image),
        upper=_bound(context, "upper", image),
        mr=_beside(context, "mr", image),
    )


def _structures(context: RunContext, name: str, image: Volume) -> StructureSet:
    found = read_rtstruct(context.input(name).path)
    if not any(roi.contours for roi in found.rois):
        raise InputRefused(f"The structure set {name!r} holds no contours.")
    check_frame(found, image)
    context.series_uids[name] = found.series_uid
    return found


def _no_name_twice(sets: tuple[StructureSet, ...]) -> None:
    seen: set[str] = set()
    for found in sets:
        for roi in found.rois:
            key = roi.name.casefold()
            if roi.contours and key in seen:
                raise InputRefused(
                    "Two regions of the structure sets have the same name: it is not known which "
                    "one is meant. Rename one, or give only one structure set."
                )
            seen.add(key)


def _beside(context: RunContext, name: str, image: Volume) -> Volume | None:
    if name not in context.request.inputs:
        return None
    volume = read_input(context, name)
    _same_frame(volume, image, name)
    return volume


def _bound(context: RunContext, name: str, image: Volume) -> Volume | None:
    if name not in context.request.inputs:
        return None
    volume = read_parametric_map(context.input(name).path)
    _same_frame(volume, image, name)
    if volume.source is not None:
        context.series_uids[name] = volume.source.series_uid
    return volume


def _same_frame(volume: Volume, image: Volume, name: str) -> None:
    """Hold an image against the one that is planned on."""
    ours = image.source.frame_of_reference_uid if image.source else None
    theirs = volume.source.frame_of_reference_uid if volume.source else None
    if not ours or ours != theirs:
        raise FrameOfReferenceDiffers(
            f"The input {name!r} lies in another frame of reference than the image, so voxels of "
            "the two cannot be compared."
        )
