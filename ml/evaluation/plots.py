"""Plots of a result: spread per figure, Bland-Altman of volumes, figures per subgroup."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ml.contracts.evaluation import EvaluationResult, MetricRow
from ml.evaluation.catalogue import METRICS
from ml.evaluation.table import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# More violins than these cannot be read in one picture.
_MOST = 30
_NOT_PLOTTED = {"volume_predicted", "volume_reference"}


def write_plots(result: EvaluationResult, out: Path) -> list[Path]:
    """PNG files under ``out/plots``: one per figure that subjects have, one for volumes, one per
    attribute with subgroups."""
    folder = out / "plots"
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    figures = [*_spreads(result), *_bland_altman(result), *_by_subgroup(result)]
    for name, figure in figures:
        figure.supxlabel(_caption(result), fontsize=7, color="0.35")
        path = folder / f"{name}.png"
        figure.savefig(path, dpi=110)
        paths.append(path)
    return paths


def _caption(result: EvaluationResult) -> str:
    mark = "" if result["complete"] else " · INCOMPLETE"
    data, prediction = result["data"]["name"], result["prediction"]["name"]
    return f"{prediction} on {data} ({result['data_kind']}){mark}"


def _new(title: str, label: str, width: float = 6.4) -> tuple[Figure, Axes]:
    # Drawn without pyplot: no window system and no state shared between threads.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, fontsize=10)
    axes.set_ylabel(label)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _spreads(result: EvaluationResult) -> Iterable[tuple[str, Figure]]:
    """A violin with its points for each figure that is a plain mean over subjects."""
    rows = [row for row in result["rows"] if row["subgroup"] == "all"]
    for metric in dict.fromkeys(row["metric"] for row in rows):
        if METRICS[metric].pool != "mean" or metric in _NOT_PLOTTED:
            continue
        chosen = [row for row in rows if row["metric"] == metric][:_MOST]
        figure, axes = _new(METRICS[metric].title, chosen[0]["unit"], 2.5 + 0.45 * len(chosen))
        for place, row in enumerate(chosen):
            _violin(axes, place, _values(result, row))
            for bound, style in (("floor", ":"), ("baseline", "--")):
                value = row["floor"]["value"] if bound == "floor" else row["baseline"]["value"]
                if value is not None:
                    axes.plot([place - 0.35, place + 0.35], [value] * 2, style, color="0.3", lw=1.2)
        names = [row["structure"] or "all" for row in chosen]
        axes.set_xticks(range(len(names)), names, rotation=60 if len(names) > 2 else 0, ha="right"
                        if len(names) > 2 else "center", fontsize=8)  # fmt: skip
        axes.text(1, 1, "dotted: floor, dashed: baseline", transform=axes.transAxes, ha="right",
                  va="top", fontsize=7, color="0.35")  # fmt: skip
        yield metric, figure


def _values(result: EvaluationResult, row: MetricRow) -> list[float]:
    key = "/".join(part for part in (row["metric"], row["structure"]) if part)
    return [item["values"][key][0] for item in result["subjects"] if key in item["values"]]


def _violin(axes: Axes, place: int, values: list[float]) -> None:
    if len(values) > 2 and np.ptp(values) > 0:
        parts = axes.violinplot(values, [place], widths=0.7, showextrema=False)
        for body in parts["bodies"]:  # type: ignore[attr-defined]
            body.set(facecolor="#4477aa", alpha=0.3)
    axes.scatter([place] * len(values), values, s=10, color="#4477aa", zorder=3)
    if values:
        axes.plot([place - 0.2, place + 0.2], [np.mean(values)] * 2, color="#223355", lw=2)


def _bland_altman(result: EvaluationResult) -> Iterable[tuple[str, Figure]]:
    """Difference against mean of predicted and reference volumes (Bland and Altman 1986), in
    percent of the mean, all structures in one picture."""
    means, differences = [], []
    for item in result["subjects"]:
        for key, found in item["values"].items():
            if key.startswith("volume_predicted/"):
                true = item["values"][key.replace("predicted", "reference", 1)]
                mean = (found[0] + true[0]) / 2
                if mean > 0:
                    means.append(mean)
                    differences.append(100 * (found[0] - true[0]) / mean)
    if len(means) < 2:
        return
    figure, axes = _new("Volumes, prediction against reference", "difference (% of the mean)")
    axes.scatter(means, differences, s=12, color="#4477aa", alpha=0.7)
    axes.set_xscale("log")
    axes.set_xlabel("mean of both volumes (ml)")
    centre, spread = float(np.mean(differences)), 1.96 * float(np.std(differences, ddof=1))
    for value, style in ((centre, "-"), (centre - spread, "--"), (centre + spread, "--")):
        axes.axhline(value, ls=style, color="#aa3355", lw=1)
        axes.annotate(number(value), (1, value), xycoords=("axes fraction", "data"), fontsize=8,
                      ha="right", va="bottom")  # fmt: skip
    yield "bland_altman", figure


def _by_subgroup(result: EvaluationResult) -> Iterable[tuple[str, Figure]]:
    """Value and interval of the first figure (without a structure, or a mean) per subgroup."""
    rows = result["rows"]
    main = next((r for r in rows if r["structure"] in ("", "mean", "mean of the brain")), rows[0])
    same = [r for r in rows if (r["metric"], r["structure"]) == (main["metric"], main["structure"])]
    for attribute in dict.fromkeys(r["subgroup"].split("=")[0] for r in same if r is not main):
        chosen = [main, *(r for r in same if r["subgroup"].startswith(f"{attribute}="))]
        figure, axes = _new(METRICS[main["metric"]].title, main["unit"])
        for place, row in enumerate(chosen):
            if row["value"] is None:
                continue
            axes.plot(place, row["value"], "o", color="#4477aa")
            if row["ci_low"] is not None and row["ci_high"] is not None:
                axes.plot([place] * 2, [row["ci_low"], row["ci_high"]], color="#4477aa", lw=2)
        names = [f"{r['subgroup'].split('=')[-1]}\nn = {r['n_subjects']}" for r in chosen]
        axes.set_xticks(range(len(names)), names, fontsize=8)
        axes.set_xlabel(attribute)
        yield f"by_{''.join(c if c.isalnum() else '_' for c in attribute)}", figure
