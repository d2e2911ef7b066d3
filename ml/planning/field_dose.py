"""Dose of given fluences on any image, a beam at a time instead of a bixel at a time.

pyRadPlan's photon engine (singular value decomposed pencil beams, Bortfeld, Schlegel and Rhein,
Med Phys 1993;20:311) sums the kernels of bixels voxel by voxel. In the isocentre plane that sum is
the convolution of the fluence with the kernel of one bixel, which is done here once per beam;
then only the depth in water remains to be found for an image. The kernels, their cut-off, the ray
tracer and the densities are pyRadPlan's own; a test holds both ways together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyRadPlan.dose.engines import PhotonPencilBeamSVDEngine
from scipy.ndimage import map_coordinates
from scipy.signal import fftconvolve


class FieldDoseEngine(PhotonPencilBeamSVDEngine):  # type: ignore[misc]
    """pyRadPlan's engine with the sum over bixels taken in the isocentre plane."""

    def dose_of(
        self,
        ct: Any,
        cst: Any,
        stf: Any,
        weights: NDArray[np.float64],
        after_beam: Callable[[int], None],
    ) -> NDArray[np.float64]:
        """Dose of bixel ``weights`` (n,), in the order of ``stf``, in Gy.

        Args:
            after_beam: called with the number of beams done.

        Returns:
            Dose (z, y, x) on the dose grid of the plan; 0 outside the structures of ``cst``.
        """
        self._calc_dose_direct = True
        dij = self._init_dose_calc(ct, cst, stf)
        for name in ("_vox_world_coords", "_vox_world_coords_dose_grid"):
            setattr(self, name, np.asarray(getattr(self, name), dtype=np.float32))
        dose = np.zeros(self.dose_grid.num_voxels)
        first = 0
        for index, beam in enumerate(stf.beams):
            own = weights[first : first + beam.total_number_of_bixels]
            first += beam.total_number_of_bixels
            beam_info = self._init_beam(dij, ct, cst, stf, index)
            reached = np.asarray(beam_info["valid_coords_all"])
            dose[self._vdose_grid[reached]] += self._beam_dose(beam, beam_info, own, reached)
            after_beam(index + 1)
        x, y, z = self.dose_grid.dimensions
        return dose.reshape(z, y, x)

    def _beam_dose(
        self,
        beam: Any,
        beam_info: dict[str, Any],
        weights: NDArray[np.float64],
        reached: NDArray[np.bool_],
    ) -> NDArray[np.float64]:
        """Gy (n,) in the voxels that the beam reaches."""
        kernel, sad = beam_info["kernel"], float(beam.sad)
        bev = np.asarray(beam_info["bev_coords"])[reached].astype(np.float64)
        plane = sad * bev[:, [0, 2]] / bev[:, 1:2]  # where each voxel's ray meets the plane, mm
        depth = np.asarray(beam_info["rad_depths"][0])[reached].astype(np.float64)
        distance = np.asarray(beam_info["geo_depths"][0])[reached].astype(np.float64)
        positions = np.array([ray.ray_pos_bev for ray in beam.rays])[:, [0, 2]]
        dose = np.zeros(len(depth))
        for part, beta in enumerate(np.asarray(kernel.kernel_betas)):
            table = beam_info["kernel_interpolators"][part].keywords["y"]
            field, middle = self._convolved(
                positions, weights, np.asarray(table), np.asarray(beam_info["kernel_conv_grid"])
            )
            lateral = map_coordinates(
                field, (plane / self.int_conv_resolution + middle).T, order=1, cval=0.0
            )
            along = np.exp(-kernel.m * depth) - np.exp(-beta * depth)
            dose += lateral * along * beta / (beta - kernel.m)
        return dose * (sad / distance) ** 2

    def _convolved(
        self,
        positions: NDArray[np.float64],
        weights: NDArray[np.float64],
        table: NDArray[np.float64],
        axis: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], int]:
        """The fluence convolved with one bixel's kernel, (x, z) at ``int_conv_resolution`` mm, and
        the index of the isocentre along both axes."""
        step = self.int_conv_resolution
        half = int(np.ceil(np.abs(positions).max() / step))
        fluence = np.zeros((2 * half + 1, 2 * half + 1))
        at = np.rint(positions / step).astype(int) + half
        np.add.at(fluence, (at[:, 0], at[:, 1]), weights)
        cutoff = float(self.geometric_lateral_cutoff)
        reach, centre = int(np.ceil(cutoff / step)), round(-axis[0] / step)
        reach = min(reach, centre, len(axis) - 1 - centre)
        part = slice(centre - reach, centre + reach + 1)
        near = axis[part, None] ** 2 + axis[None, part] ** 2 <= cutoff**2
        return fftconvolve(fluence, np.where(near, table[part, part], 0.0)), half + reach
