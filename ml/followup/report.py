"""The change report as a PDF of one A4 page, from the content of ``change.json``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import matplotlib as mpl
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont, registerFontFamily
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Image, KeepInFrame, Paragraph, SimpleDocTemplate, Table

MARGIN: Final = 14 * mm
WIDTH: Final = A4[0] - 2 * MARGIN - 12  # a frame keeps 6 points on either side
HEIGHT: Final = A4[1] - 2 * MARGIN - 12
WARNING: Final = "Made by software with AI. For research only. Not for diagnosis."
_FONT, _BOLD = "DejaVuSans", "DejaVuSans-Bold"
_RULE, _SHADE, _AMBER = HexColor(0xC9CED6), HexColor(0xF1F3F6), HexColor(0xFFF1D6)
# What one page holds; the rest is in change.json, and the page says so.
MOST_REGIONS: Final = 14
MOST_LESIONS: Final = 12
VERDICTS: Final = {
    "change": "change",
    "within_noise": "within noise",
    "not_comparable": "not comparable",
}

Change = Mapping[str, Any]


def write_change_pdf(change: Change, path: Path, *, pictures: Sequence[Path] = ()) -> Path:
    """Write the page of ``change`` to ``path``, with up to two pictures. The same content gives
    the same bytes."""
    _register_fonts()
    path.parent.mkdir(parents=True, exist_ok=True)
    document = SimpleDocTemplate(
        str(path),
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title="Change between two visits",
        author="Synoptic",
        invariant=1,
    )
    parts = [*_head(change), *_gate(change), *_pictures(pictures), *_regions(change),
             *_lesions(change), *_notes(change)]  # fmt: skip
    document.build([KeepInFrame(WIDTH, HEIGHT, parts, mode="shrink")])
    return path


@cache
def _register_fonts() -> None:
    """DejaVu, which holds the signs that the field writes (≤, −, Δ); matplotlib carries it."""
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    for name in (_FONT, _BOLD):
        registerFont(TTFont(name, str(folder / f"{name}.ttf")))
    registerFontFamily(_FONT, normal=_FONT, bold=_BOLD, italic=_FONT, boldItalic=_BOLD)


def _text(text: str, size: float = 7.5, *, bold: bool = False, **style: Any) -> Paragraph:
    words = escape(text)
    return Paragraph(
        f"<b>{words}</b>" if bold else words,
        ParagraphStyle("body", fontName=_FONT, fontSize=size, leading=size * 1.3, **style),
    )


def _heading(text: str) -> Paragraph:
    return _text(text, 9.5, bold=True, spaceBefore=6, spaceAfter=3)


def _head(change: Change) -> Iterator[Flowable]:
    yield _text("Change between two visits", 14, bold=True, spaceAfter=5)
    banner = Table([[_text(WARNING, 8.5, bold=True)]], colWidths=[WIDTH])
    banner.setStyle([("BACKGROUND", (0, 0), (-1, -1), _AMBER)])
    yield banner
    dates = [str((change.get(name) or {}).get("date") or "no date") for name in ("base", "follow")]
    days = change.get("days")
    between = "" if days is None else f", {days} days"
    yield _text(f"Base {dates[0]}, follow-up {dates[1]}{between}.", 8.5, spaceBefore=4)
    load = change.get("lesion_load")
    if load:
        yield _text(
            f"Lesions: {load['base_ml']:.2f} ml, then {load['follow_ml']:.2f} ml; "
            f"{load.get('new', 0)} new, {load.get('resolved', 0)} resolved.",
            8.5,
        )


def _gate(change: Change) -> Iterator[Flowable]:
    judged = change["comparability"]
    word = "comparable" if judged["comparable"] else "NOT COMPARABLE"
    yield _heading(f"The two images are {word} (score {judged['score']:.2f})")
    rows = [
        (
            str(reason["code"]),
            _figure(reason.get("figure"), str(reason.get("unit") or "")),
            str(reason.get("limit") or "–"),
            str(reason["status"]),
            str(reason["text"]),
        )
        for reason in judged["reasons"]
    ]
    yield _table(
        ("", "Found", "Limit", "Result", "What it means"), rows, (0.13, 0.1, 0.11, 0.08, 0.58)
    )


def _pictures(pictures: Sequence[Path]) -> Iterator[Flowable]:
    shown = [
        Image(str(path), width=WIDTH / len(pictures) - 6, height=58 * mm, kind="proportional")
        for path in pictures
    ]
    if shown:
        yield Table([shown], colWidths=[WIDTH / len(shown)] * len(shown))


def _regions(change: Change) -> Iterator[Flowable]:
    rows = list(change["regions"])
    if not rows:
        return
    yield _heading("Volumes of structures")
    # What exceeds its noise most comes first.
    rows.sort(
        key=lambda row: -abs(row.get("change_percent") or 0) / (row.get("noise_percent") or 1e9)
    )
    cells = [
        (
            str(row["name"]),
            _figure(row.get("base_ml"), ""),
            _figure(row.get("follow_ml"), ""),
            _figure(row.get("change_percent"), "%"),
            _figure(row.get("per_year_percent"), "%"),
            _figure(row.get("noise_percent"), "%"),
            VERDICTS[str(row["verdict"])],
        )
        for row in rows[:MOST_REGIONS]
    ]
    header = ("Structure", "Base ml", "Follow ml", "Change", "A year", "Noise ±", "Verdict")
    yield _table(header, cells, (0.32, 0.11, 0.11, 0.11, 0.11, 0.1, 0.14))
    if len(rows) > MOST_REGIONS:
        yield _text(f"{len(rows) - MOST_REGIONS} further structures are in change.json.", 7)


def _lesions(change: Change) -> Iterator[Flowable]:
    rows = list(change["lesions"])
    if not rows:
        return
    yield _heading("Lesions")
    order = ("new", "enlarging", "merged", "split", "shrinking", "resolved", "stable")
    rows.sort(key=lambda row: (order.index(row["state"]), -row["follow_ml"]))
    cells = [
        (
            str(row["name"]),
            str(row["state"]),
            f"{row['base_ml']:.2f}",
            f"{row['follow_ml']:.2f}",
            _figure(row.get("diameter_mm"), "mm"),
            ", ".join(f"{value:.0f}" for value in row["centre_lps"]),
        )
        for row in rows[:MOST_LESIONS]
    ]
    header = ("Lesion", "State", "Base ml", "Follow ml", "Diameter", "Centre (LPS, mm)")
    yield _table(header, cells, (0.14, 0.18, 0.14, 0.14, 0.16, 0.24))
    if len(rows) > MOST_LESIONS:
        yield _text(f"{len(rows) - MOST_LESIONS} further lesions are in change.json.", 7)


def _notes(change: Change) -> Iterator[Flowable]:
    for item in change.get("warnings") or ():
        yield _text(f"Note: {item['text']}", 7, spaceBefore=2)
    software = ", ".join(f"{k} {v}" for k, v in (change.get("software") or {}).items())
    if software:
        yield _text(software, 6.5, spaceBefore=3)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], shares: Sequence[float]) -> Table:
    cells = [[_text(word, 7, bold=True) for word in header]]
    cells += [[_text(cell, 7) for cell in row] for row in rows]
    table = Table(cells, colWidths=[WIDTH * share for share in shares], hAlign="LEFT")
    table.setStyle(
        [
            ("GRID", (0, 0), (-1, -1), 0.4, _RULE),
            ("BACKGROUND", (0, 0), (-1, 0), _SHADE),
            ("TOPPADDING", (0, 0), (-1, -1), 1),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ]
    )
    return table


def _figure(value: object, unit: str) -> str:
    if not isinstance(value, int | float):
        return "–"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f} {unit}".strip().replace("-", "−")
