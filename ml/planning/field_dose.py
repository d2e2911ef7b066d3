"""Photon dose with the kernels of pyRadPlan, summed in the isocentre plane.

pyRadPlan's photon engine (singular value decomposed pencil beams, Bortfeld, Schlegel and Rhein,
Med Phys 1993;20:311) turns the patient for every bixel anew. Here each voxel is projected along
its own ray onto the isocentre plane once per beam; there a bixel's kernel is a table to look up,
and the dose of a whole fluence is the convolution of fluence and kernel, so that a recalculation
costs no more than the depths in water of another image. Kernels, their cut-off, the ray tracer and
densities are pyRadPlan's own. A test holds the dose against pyRadPlan's sum over bixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyRadPlan.dij import Dij
from pyRadPlan.dose.engines import PhotonPencilBeamSVDEngine
from scipy.ndimage import map_coordinates
from scipy.signal import fftconvolve
from scipy.sparse import csc_array

Floats = NDArray[np.float64]
# How much of a beam is done, 0..1, and its index.
Told = Callable[[int, float], None]
_RAYS_BETWEEN_WORDS = 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Beam:
    """One beam on one image.

    ``voxels`` (n,): indices of the dose grid that it reaches; ``plane`` (n, 2): where their rays
    meet the isocentre plane, (x, z) in steps of the kernel tables; ``rays`` (m, 2): the bixels,
    likewise; ``along`` (k, n): dose along the ray by component of the kernel, with the inverse
    square of the distance; ``tables`` (k, 2r + 1, 2r + 1): a bixel's kernel by component.
    """

    voxels: NDArray[np.int64]
    plane: Floats
    rays: Floats
    along: Floats
    tables: Floats

    @property
    def reach(self) -> int:
        """Steps from the middle of a table to its edge."""
        return int(self.tables.shape[1]) // 2


class FieldDoseEngine(PhotonPencilBeamSVDEngine):  # type: ignore[misc]
    """pyRadPlan's engine with the sum over bixels taken in the isocentre plane."""

    def dose_of(self, ct: Any, cst: Any, stf: Any, weights: Floats, told: Told) -> Floats:
        """Dose of bixel ``weights`` (m,), in the order of ``stf``, in Gy.

        Returns:
            (z, y, x) on the dose grid of the plan; 0 outside the structures of ``cst``.
        """
        shape, first = None, 0
        dose = np.zeros(0)
        for index, beam in enumerate(self._beams(ct, cst, stf)):
            if shape is None:
                shape = self.dose_grid.dimensions[::-1]
                dose = np.zeros(self.dose_grid.num_voxels)
            dose[beam.voxels] += _field(beam, weights[first : first + len(beam.rays)])
            first += len(beam.rays)
            told(index, 1.0)
        return dose.reshape(shape)

    def influence_of(self, ct: Any, cst: Any, stf: Any, told: Told) -> Any:
        """Dose in Gy of every bixel at unit weight, as pyRadPlan's ``Dij`` (voxels, bixels)."""
        values: list[NDArray[np.float32]] = []
        voxels: list[NDArray[np.int32]] = []
        of_beam: list[int] = []
        for index, beam in enumerate(self._beams(ct, cst, stf)):
            for number, ray in enumerate(beam.rays):
                if number % _RAYS_BETWEEN_WORDS == 0:
                    told(index, number / len(beam.rays))
                near, dose = _bixel(beam, ray)
                voxels.append(beam.voxels[near].astype(np.int32))
                values.append(dose.astype(np.float32))
                of_beam.append(index)
        ends = np.cumsum([0, *map(len, values)], dtype=np.int32)
        size = (self.dose_grid.num_voxels, len(values))
        matrix = csc_array((np.concatenate(values), np.concatenate(voxels), ends), shape=size)
        rays = np.concatenate([np.arange(b.num_of_rays) for b in stf.beams])
        return Dij(
            dose_grid=self.dose_grid,
            ct_grid=ct.grid,
            physical_dose=matrix,
            num_of_beams=len(stf.beams),
            bixel_num=np.zeros(len(values), dtype=np.int64),
            ray_num=rays,
            beam_num=np.array(of_beam),
        )

    def _beams(self, ct: Any, cst: Any, stf: Any) -> Iterator[_Beam]:
        self._calc_dose_direct = True  # no room is taken for a matrix
        dij = self._init_dose_calc(ct, cst, stf)
        for name in ("_vox_world_coords", "_vox_world_coords_dose_grid"):
            setattr(self, name, np.asarray(getattr(self, name), dtype=np.float32))
        for index, beam in enumerate(stf.beams):
            yield self._view(beam, self._init_beam(dij, ct, cst, stf, index))

    def _compute_ssd(self, beam_info: dict[str, Any], ct: Any, **options: Any) -> None:
        """The distance from source to skin of each ray, as pyRadPlan finds it; a ray that passes
        the image by gets that of the nearest ray that does not (0.5.0 ends in an error there).

        Raises:
            ValueError: no ray of the beam meets the image.
        """
        beam = beam_info["beam"]
        source = np.reshape(beam["source_point"], (1, 3))
        targets = np.stack([ray["target_point"] for ray in beam["rays"]])
        alpha, _, rho, lengths, _ = self._raytracer.trace_rays(beam["iso_center"], source, targets)
        density = np.asarray(rho[0])
        first = (np.nan_to_num(density) > options["density_threshold"]).argmax(axis=1)
        skin = np.reshape(lengths, -1) * np.asarray(alpha)[np.arange(len(first)), first]
        hits = np.flatnonzero(~np.isnan(density).all(axis=1))
        if not len(hits):
            raise ValueError("no ray of the beam meets the image")
        places = np.stack([ray["ray_pos_bev"] for ray in beam["rays"]])
        for index, ray in enumerate(beam["rays"]):
            nearest = hits[np.square(places[hits] - places[index]).sum(axis=1).argmin()]
            ray["SSD"] = float(skin[nearest])

    def _view(self, beam: Any, found: dict[str, Any]) -> _Beam:
        reached = np.asarray(found["valid_coords_all"])
        kernel, sad, step = found["kernel"], float(beam.sad), float(self.int_conv_resolution)
        bev = np.asarray(found["bev_coords"])[reached].astype(np.float64)
        depth = np.asarray(found["rad_depths"][0])[reached].astype(np.float64)
        distance = np.asarray(found["geo_depths"][0])[reached].astype(np.float64)
        betas = np.asarray(kernel.kernel_betas, dtype=np.float64)[:, None]
        along = np.exp(-kernel.m * depth) - np.exp(-betas * depth)
        positions = np.array([ray.ray_pos_bev for ray in beam.rays])[:, [0, 2]]
        return _Beam(
            voxels=np.asarray(self._vdose_grid)[reached],
            plane=sad * bev[:, [0, 2]] / bev[:, 1:2] / step,
            rays=positions / step,
            along=along * betas / (betas - kernel.m) * (sad / distance) ** 2,
            tables=self._tables(found),
        )

    def _tables(self, found: dict[str, Any]) -> Floats:
        """The kernel of one bixel by component, 0 beyond the cut-off."""
        axis, step = np.asarray(found["kernel_conv_grid"]), float(self.int_conv_resolution)
        cutoff = float(self.geometric_lateral_cutoff)
        centre = round(-float(axis[0]) / step)
        reach = min(int(np.ceil(cutoff / step)) + 1, centre, len(axis) - 1 - centre)
        part = slice(centre - reach, centre + reach + 1)
        near = axis[part, None] ** 2 + axis[None, part] ** 2 <= cutoff**2
        whole = [np.asarray(item.keywords["y"]) for item in found["kernel_interpolators"]]
        return np.array([np.where(near, table[part, part], 0.0) for table in whole])


def _field(beam: _Beam, weights: Floats) -> Floats:
    """Gy (n,) of a beam's ``weights`` (m,) in its voxels."""
    half = int(np.ceil(np.abs(beam.rays).max()))
    at = np.rint(beam.rays).astype(int) + half
    fluence = np.zeros((2 * half + 1, 2 * half + 1))
    np.add.at(fluence, (at[:, 0], at[:, 1]), weights)
    coordinates = (beam.plane + half + beam.reach).T
    dose = np.zeros(len(beam.voxels))
    for table, along in zip(beam.tables, beam.along, strict=True):
        field = fftconvolve(fluence, table)
        dose += along * map_coordinates(field, coordinates, order=1, cval=0.0)
    return dose


def _bixel(beam: _Beam, ray: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Which of a beam's voxels the bixel at ``ray`` reaches, and Gy there at unit weight."""
    ray = np.rint(ray)
    across = np.abs(beam.plane[:, 0] - ray[0]) < beam.reach
    near = np.flatnonzero(across & (np.abs(beam.plane[:, 1] - ray[1]) < beam.reach))
    offset = beam.plane[near] - ray
    inside = np.square(offset).sum(axis=1) < beam.reach**2
    near = near[inside]
    coordinates = (offset[inside] + beam.reach).T
    dose = np.zeros(len(near))
    for table, along in zip(beam.tables, beam.along, strict=True):
        dose += along[near] * map_coordinates(table, coordinates, order=1, cval=0.0)
    return near, dose
