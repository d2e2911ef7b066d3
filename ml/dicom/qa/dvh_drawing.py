"""The dose-volume histograms of a plan as a vector drawing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from reportlab.graphics.shapes import Drawing, Line, Polygon, PolyLine, Rect, String
from reportlab.lib.colors import Color

from ml.dicom.qa.content import Plan, items

_LEFT, _BOTTOM, _TOP, _LEGEND = 42.0, 34.0, 8.0, 128.0
_Anchor = Literal["start", "middle", "end"]
_GREY = Color(0.55, 0.55, 0.55)
_PALE = Color(0.88, 0.88, 0.88)
_UNKNOWN_COLOUR = (90, 90, 90)
# How the curve of each dose is drawn: its dash pattern and what the legend calls it.
_STROKES: dict[str, tuple[tuple[int, ...], str]] = {
    "plan": ((), "plan"),
    "reference": ((5, 2), "on the CT"),
    "bulk": ((1, 2), "bulk density"),
}


def dvh_drawing(plan: Plan, width: float, height: float, font: str) -> Drawing | None:
    """Curves of every structure in its colour, the band between the bounds behind them.

    ``width`` and ``height`` in points. None where the plan holds no curve.
    """
    curves = {
        (str(item["structure"]), str(item["dose"])): (
            [float(v) for v in item["dose_gy"]],
            [float(v) for v in item["volume_percent"]],
        )
        for item in items(plan, "dvh")
    }
    if not curves:
        return None
    drawing = Drawing(width, height)
    highest = max(max(doses, default=0) for doses, _ in curves.values()) or 1.0
    plot = _Plot(width - _LEFT - _LEGEND, height - _BOTTOM - _TOP, highest)
    _axes(drawing, plot, font)
    structures = list(dict.fromkeys(name for name, _ in curves))
    colours = {
        str(item["name"]): tuple(item.get("colour") or _UNKNOWN_COLOUR)
        for item in items(plan, "structures")
    }
    for name in structures:
        _band(drawing, plot, curves, name, _colour(colours.get(name), alpha=0.18))
    for (name, dose), (doses, volumes) in curves.items():
        if dose in _STROKES:
            line = PolyLine(plot.points(doses, volumes))
            line.strokeColor = _colour(colours.get(name))
            line.strokeWidth = 1.3 if dose == "plan" else 0.9
            line.strokeDashArray = _STROKES[dose][0]
            drawing.add(line)
    banded = any(dose == "lower" for _, dose in curves)
    drawn = [key for key in _STROKES if any(dose == key for _, dose in curves)]
    named = [(name, _colour(colours.get(name))) for name in structures]
    _legend(drawing, named, [*drawn, *(["band"] if banded else [])], font)
    return drawing


class _Plot:
    """The area between the axes: from Gy and percent to points on the page."""

    def __init__(self, width: float, height: float, highest_gy: float) -> None:
        self.width, self.height, self.highest = width, height, highest_gy

    def x(self, dose_gy: float) -> float:
        return _LEFT + self.width * min(dose_gy / self.highest, 1.0)

    def y(self, percent: float) -> float:
        return _BOTTOM + self.height * min(max(percent, 0.0), 100.0) / 100

    def points(self, doses: Iterable[float], volumes: Iterable[float]) -> list[float]:
        pairs = zip(doses, volumes, strict=True)
        return [value for dose, volume in pairs for value in (self.x(dose), self.y(volume))]


def _colour(rgb: Sequence[int] | None, alpha: float = 1.0) -> Color:
    red, green, blue = (part / 255 for part in (rgb or _UNKNOWN_COLOUR))
    return Color(red, green, blue, alpha)


def _axes(drawing: Drawing, plot: _Plot, font: str) -> None:
    for percent in range(0, 101, 20):
        y = plot.y(percent)
        drawing.add(Line(_LEFT, y, _LEFT + plot.width, y, strokeColor=_PALE, strokeWidth=0.5))
        drawing.add(_label(_LEFT - 4, y - 2.5, str(percent), font, "end"))
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 1000) if plot.highest / s <= 10 or s == 1000)
    for tick in range(int(plot.highest / step) + 1):
        x = plot.x(tick * step)
        drawing.add(Line(x, _BOTTOM, x, _BOTTOM + plot.height, strokeColor=_PALE, strokeWidth=0.5))
        drawing.add(_label(x, _BOTTOM - 10, str(tick * step), font, "middle"))
    frame = Rect(_LEFT, _BOTTOM, plot.width, plot.height)
    frame.fillColor, frame.strokeColor, frame.strokeWidth = None, _GREY, 0.6
    drawing.add(frame)
    drawing.add(_label(_LEFT + plot.width / 2, 8, "Dose (Gy)", font, "middle"))
    drawing.add(_label(0, _BOTTOM + plot.height - 6, "V (%)", font, "start"))


def _band(
    drawing: Drawing,
    plot: _Plot,
    curves: dict[tuple[str, str], tuple[list[float], list[float]]],
    name: str,
    colour: Color,
) -> None:
    lower, upper = curves.get((name, "lower")), curves.get((name, "upper"))
    if lower is None or upper is None:
        return
    there = plot.points(*lower)
    back = plot.points(reversed(upper[0]), reversed(upper[1]))
    drawing.add(Polygon([*there, *back], fillColor=colour, strokeColor=None, strokeWidth=0))


def _legend(
    drawing: Drawing, structures: Sequence[tuple[str, Color]], doses: Sequence[str], font: str
) -> None:
    x, y = drawing.width - _LEGEND + 10, drawing.height - _TOP - 8
    for name, colour in structures[:14]:
        drawing.add(Line(x, y + 2.5, x + 14, y + 2.5, strokeColor=colour, strokeWidth=2))
        drawing.add(_label(x + 18, y, name[:20], font, "start"))
        y -= 10
    y -= 6
    for key in doses:
        if key == "band":
            swatch = Rect(x, y, 14, 5)
            swatch.fillColor, swatch.strokeColor = _PALE, None
            drawing.add(swatch)
            drawing.add(_label(x + 18, y, "5 % to 95 % bound", font, "start"))
            continue
        dash, word = _STROKES[key]
        line = Line(x, y + 2.5, x + 14, y + 2.5, strokeColor=_GREY, strokeWidth=1)
        line.strokeDashArray = dash
        drawing.add(line)
        drawing.add(_label(x + 18, y, word, font, "start"))
        y -= 10


def _label(x: float, y: float, text: str, font: str, anchor: _Anchor) -> String:
    return String(x, y, text, fontName=font, fontSize=7, textAnchor=anchor)
