"""Pictures of the checks as PNG: one function each, drawn without a display."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ml.imaging.volume import Volume
from ml.planning.dvh import Dvh, curve

DPI = 110
# A soft-tissue window in which bone still has form.
LOW_HU, HIGH_HU = -200.0, 300.0
LINES = {"plan": "-", "reference": "--", "bulk": ":", "lower": "-", "upper": "-"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outline:
    """What is drawn around: ``mask`` (z, y, x) on the picture's image, colour 0..255."""

    name: str
    mask: NDArray[np.bool_]
    colour: tuple[int, int, int]


def _canvas(columns: int, width: float = 4.6, height: float = 4.8) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(width * columns, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(np.atleast_1d(figure.subplots(1, columns)))


def _save(figure: Figure, path: Path) -> Path:
    figure.savefig(path, metadata={"Software": "Synoptic"})
    return path


def _aspects(image: Volume) -> tuple[float, float]:
    z, y, x = image.spacing
    return y / x, z / x


def _plane(axes: Axes, image: Volume, index: int, title: str) -> None:
    axes.imshow(
        image.array[index], cmap="gray", vmin=LOW_HU, vmax=HIGH_HU, aspect=_aspects(image)[0]
    )
    axes.set_title(title, fontsize=9)
    axes.set_axis_off()


def _around(axes: Axes, plane: NDArray[np.bool_], outline: Outline, label: str = "") -> None:
    if plane.any() and not plane.all():
        colour = tuple(c / 255 for c in outline.colour)
        axes.contour(plane, levels=[0.5], colors=[colour], linewidths=1.2)
        axes.plot([], [], color=colour, label=label or outline.name)


def contour(image: Volume, outlines: Sequence[Outline], index: int, path: Path) -> Path:
    """The outlines on the transverse slice ``index`` and on the coronal plane through the image's
    middle."""
    figure, (left, right) = _canvas(2)
    _plane(left, image, index, "transverse")
    row = image.shape[1] // 2
    right.imshow(
        image.array[:, row], cmap="gray", vmin=LOW_HU, vmax=HIGH_HU, origin="lower",
        aspect=_aspects(image)[1],
    )  # fmt: skip
    right.set_title("coronal", fontsize=9)
    right.set_axis_off()
    for outline in outlines:
        _around(left, outline.mask[index], outline)
        _around(right, outline.mask[:, row], outline)
    left.legend(fontsize=7, loc="lower left")
    return _save(figure, path)


def blend(image: Volume, mr: Volume, index: int, path: Path) -> Path:
    """Image and MR in a chessboard, and the MR alone, on slice ``index``."""
    figure, (left, right) = _canvas(2)
    low, high = np.percentile(mr.array[index], [1, 99.5])
    scaled = np.clip((mr.array[index] - low) / max(float(high - low), 1e-6), 0, 1)
    ct = np.clip((image.array[index] - LOW_HU) / (HIGH_HU - LOW_HU), 0, 1)
    rows, columns = np.indices(ct.shape)
    step = max(8, ct.shape[1] // 8)
    board = np.where(((rows // step) + (columns // step)) % 2 == 0, ct, scaled)
    for axes, plane, title in ((left, board, "image and MR"), (right, scaled, "MR")):
        axes.imshow(plane, cmap="gray", vmin=0, vmax=1, aspect=_aspects(image)[0])
        axes.set_title(title, fontsize=9)
        axes.set_axis_off()
    return _save(figure, path)


def histogram(hu: NDArray[np.floating], reference: NDArray[np.floating] | None, path: Path) -> Path:
    """HU within the body of the image and, where there is one, of the real CT (both (n,))."""
    figure, (axes,) = _canvas(1, width=6.4, height=4.0)
    bins = np.arange(-1000.0, 1600.0, 20.0).tolist()
    axes.hist(hu, bins=bins, density=True, histtype="step", label="image")
    if reference is not None:
        axes.hist(reference, bins=bins, density=True, histtype="step", label="real CT")
    axes.set_yscale("log")
    axes.set_xlabel("HU")
    axes.set_ylabel("share of voxels")
    axes.legend(fontsize=8)
    return _save(figure, path)


def difference(
    image: Volume, other: NDArray[np.floating], index: int, path: Path, *, words: str, reach: float,
    unit: str,
) -> Path:  # fmt: skip
    """The image, and a map of differences (z, y, x) on it, between plus and minus ``reach``."""
    figure, (left, right) = _canvas(2)
    _plane(left, image, index, "image")
    _plane(right, image, index, words)
    shown = np.ma.masked_invalid(other[index])
    drawn = right.imshow(
        shown, cmap="RdBu_r", vmin=-reach, vmax=reach, alpha=0.85, aspect=_aspects(image)[0]
    )
    figure.colorbar(drawn, ax=right, shrink=0.8, label=unit)
    return _save(figure, path)


def gamma_map(image: Volume, gamma: NDArray[np.floating], index: int, path: Path) -> Path:
    """γ on slice ``index``, 0 to 2, red where it fails; nan is not drawn."""
    figure, (left, right) = _canvas(2)
    _plane(left, image, index, "image")
    _plane(right, image, index, "γ (2 %/2 mm)")
    drawn = right.imshow(
        np.ma.masked_invalid(gamma[index]), cmap="RdYlGn_r", vmin=0, vmax=2, alpha=0.85,
        aspect=_aspects(image)[0],
    )  # fmt: skip
    figure.colorbar(drawn, ax=right, shrink=0.8, label="γ")
    return _save(figure, path)


def wash(
    image: Volume, dose: NDArray[np.floating], outlines: Sequence[Outline], index: int, path: Path
) -> Path:
    """Dose in Gy as colour over slice ``index`` with outlines."""
    figure, (axes,) = _canvas(1, width=5.6)
    _plane(axes, image, index, "dose")
    top = float(dose.max())
    shown = np.ma.masked_less(dose[index], 0.05 * top)
    drawn = axes.imshow(shown, cmap="jet", vmin=0, vmax=top, alpha=0.55, aspect=_aspects(image)[0])
    for outline in outlines:
        _around(axes, outline.mask[index], outline)
    axes.legend(fontsize=7, loc="lower left")
    figure.colorbar(drawn, ax=axes, shrink=0.8, label="Gy")
    return _save(figure, path)


def histograms(
    curves: dict[str, dict[str, Dvh]], colours: dict[str, tuple[int, int, int]], path: Path
) -> Path:
    """Dose-volume histograms, structure by structure and dose by dose; the lower and upper image
    as a band."""
    figure, (axes,) = _canvas(1, width=7.2, height=4.6)
    for name, doses in curves.items():
        colour = tuple(c / 255 for c in colours[name])
        for kind, style in LINES.items():
            if kind not in doses or kind in ("lower", "upper"):
                continue
            dose, volume = curve(doses[kind])
            label = name if kind == "plan" else f"{name}, {kind}"
            axes.plot(dose, volume, style, color=colour, linewidth=1.3, label=label)
        if "lower" in doses and "upper" in doses:
            top = max(float(d.dose[-1]) for d in doses.values())
            at = np.linspace(0.0, top, 200)
            low = [doses["lower"].volume_at(float(v)) for v in at]
            high = [doses["upper"].volume_at(float(v)) for v in at]
            axes.fill_between(at, low, high, color=colour, alpha=0.25, linewidth=0)
    axes.set_xlabel("dose / Gy")
    axes.set_ylabel("volume / %")
    axes.set_ylim(0, 101)
    axes.set_xlim(left=0)
    axes.grid(alpha=0.3)
    figure.legend(fontsize=7, loc="outside right upper")
    return _save(figure, path)
