"""The quality report as a PDF of A4 pages, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import matplotlib as mpl
from reportlab.lib.colors import HexColor, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont, registerFontFamily
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    Image,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
)

from ml.dicom.headers import source_header
from ml.dicom.qa.content import (
    DOSES,
    WARNING,
    Plan,
    check_rows,
    finite,
    items,
    number,
    prescription,
    summary,
)
from ml.dicom.qa.dvh_drawing import dvh_drawing
from ml.imaging.volume import Volume

MARGIN = 16 * mm
WIDTH = A4[0] - 2 * MARGIN - 12  # a frame keeps 6 points on either side
_FONT, _BOLD = "DejaVuSans", "DejaVuSans-Bold"
_STATUS_COLOURS = {
    "pass": HexColor(0x1B7F3B),
    "warn": HexColor(0xB25E00),
    "fail": HexColor(0xB3261E),
    "not_applicable": HexColor(0x5F6368),
}
_TableCommand = tuple[str, tuple[int, int], tuple[int, int], *tuple[Any, ...]]
_AGAINST = {"reference": "on the CT", "bulk": "on the bulk-density CT"}
_RULE = HexColor(0xC9CED6)
_SHADE = HexColor(0xF1F3F6)
_AMBER = HexColor(0xFFF1D6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose plan it is: no more of the person than finding the study again needs."""

    patient_id: str
    study_date: str  # ISO 8601, or ""


def subject_of(source: Volume) -> Subject:
    """The subject of an image read from DICOM.

    Raises:
        ValueError: ``source`` is not from DICOM.
    """
    if source.source is None:
        raise ValueError("a quality report needs the DICOM series it belongs to")
    header = source_header(source.source)
    date = str(header.get("StudyDate") or "")
    iso = f"{date[:4]}-{date[4:6]}-{date[6:]}" if len(date) == 8 else ""
    return Subject(patient_id=str(header.get("PatientID") or ""), study_date=iso)


def write_qa_pdf(
    plan: Plan, subject: Subject, path: Path, *, pictures: Mapping[str, Path] | None = None
) -> Path:
    """Write the quality report of ``plan`` (the content of its ``plan.json``) to ``path``.

    ``pictures`` are PNG files by the name under which a check has its picture; others are left
    out. The same plan gives the same bytes.
    """
    _register_fonts()
    path.parent.mkdir(parents=True, exist_ok=True)
    document = SimpleDocTemplate(
        str(path),
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=14 * mm,
        bottomMargin=18 * mm,
        title="Quality report of a plan on synthetic CT",
        author="Synoptic",
        invariant=1,
    )
    footer = partial(_footer, subject=subject)
    parts = [*_head(plan, subject), *_checks(plan), *_doses(plan), *_pictures(plan, pictures or {})]
    document.build(parts, onFirstPage=footer, onLaterPages=footer)
    return path


@cache
def _register_fonts() -> None:
    """DejaVu, which holds the signs that the field writes (≤, γ, Δ); matplotlib carries it."""
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    for name in (_FONT, _BOLD):
        registerFont(TTFont(name, str(folder / f"{name}.ttf")))
    registerFontFamily(_FONT, normal=_FONT, bold=_BOLD, italic=_FONT, boldItalic=_BOLD)


def _style(size: float = 8, **changes: Any) -> ParagraphStyle:
    return ParagraphStyle("body", fontName=_FONT, fontSize=size, leading=size * 1.3, **changes)


def _text(text: str, size: float = 8, **changes: Any) -> Paragraph:
    return Paragraph(escape(text), _style(size, **changes))


def _heading(text: str) -> Paragraph:
    return Paragraph(
        f"<b>{escape(text)}</b>", _style(10.5, spaceBefore=9, spaceAfter=4, keepWithNext=1)
    )


def _footer(canvas: Canvas, document: SimpleDocTemplate, *, subject: Subject) -> None:
    canvas.saveState()
    canvas.setFont(_FONT, 6.5)
    canvas.setFillGray(0.35)
    canvas.drawString(MARGIN, 10 * mm, f"{WARNING}  Patient {subject.patient_id}")
    canvas.drawRightString(A4[0] - MARGIN, 10 * mm, f"Page {document.page}")
    canvas.restoreState()


def _head(plan: Plan, subject: Subject) -> Iterator[Flowable]:
    yield Paragraph("<b>Quality report of a plan on synthetic CT</b>", _style(15, spaceAfter=6))
    banner = Table([[Paragraph(f"<b>{WARNING}</b>", _style(9))]], colWidths=[WIDTH])
    banner.setStyle(
        [("BACKGROUND", (0, 0), (-1, -1), _AMBER), ("BOX", (0, 0), (-1, -1), 0.5, _RULE)]
    )
    yield banner
    yield Spacer(0, 3 * mm)
    rows = _facts(plan, subject)
    half = (len(rows) + 1) // 2
    cells = [
        [_text(part) for part in (*left, *right)]
        for left, right in zip(rows[:half], [*rows[half:], ("", "")][:half], strict=True)
    ]
    table = Table(cells, colWidths=[WIDTH * share for share in (0.14, 0.36, 0.14, 0.36)])
    table.setStyle([*_plain(), ("BACKGROUND", (0, 0), (0, -1), _SHADE),
                    ("BACKGROUND", (2, 0), (2, -1), _SHADE)])  # fmt: skip
    yield table


def _facts(plan: Plan, subject: Subject) -> list[tuple[str, str]]:
    template = plan["template"]
    image = plan.get("image") or {}
    beams = items(plan, "beams")
    angles = ", ".join(f"{float(beam['gantry_deg']):g}°" for beam in beams)
    software = ", ".join(f"{k} {v}" for k, v in (plan.get("software") or {}).items())
    curve = items(plan, "objective")
    return [
        ("Patient", subject.patient_id or "–"),
        ("Study date", subject.study_date or "–"),
        ("Template", f"{template['name']} ({template.get('site') or '–'})"),
        ("Prescription", prescription(plan)),
        ("Image", "synthetic CT" if image.get("synthetic") else "CT"),
        ("Machine", str(template.get("machine") or "–")),
        ("Beams", f"{len(beams)} (gantry {angles})" if beams else "–"),
        ("Optimisation", f"{len(curve)} iterations" if curve else "–"),
        ("Software", software or "–"),
    ]


def _plain() -> list[_TableCommand]:
    return [
        ("GRID", (0, 0), (-1, -1), 0.4, _RULE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]


def _grid(
    header: Sequence[str], rows: Sequence[Sequence[str | Paragraph]], shares: Sequence[float]
) -> Table:
    cells = [[Paragraph(f"<b>{escape(word)}</b>", _style(7.5)) for word in header]]
    cells += [[_text(c, 7.5) if isinstance(c, str) else c for c in row] for row in rows]
    table = Table(cells, colWidths=[WIDTH * s for s in shares], repeatRows=1, hAlign="LEFT")
    table.setStyle([*_plain(), ("BACKGROUND", (0, 0), (-1, 0), _SHADE)])
    return table


def _word(status: str, word: str) -> Paragraph:
    colour = _STATUS_COLOURS.get(status, _STATUS_COLOURS["not_applicable"])
    style = _style(7, textColor=white, backColor=colour, alignment=1, borderPadding=1.5)
    return Paragraph(f"<b>{escape(word)}</b>", style)


def _checks(plan: Plan) -> Iterator[Flowable]:
    rows = check_rows(plan)
    if not rows:
        return
    yield _heading(f"Checks: {summary(rows)}")
    yield _grid(
        ("", "Check", "Found", "Limit", "Result", "What it means"),
        [
            (
                str(row.number),
                row.title,
                row.figure_text,
                row.limit or "–",
                _word(row.status, row.word),
                row.text,
            )
            for row in rows
        ],
        (0.04, 0.2, 0.1, 0.17, 0.13, 0.36),
    )
    for item in items(plan, "warnings"):
        yield _text(f"Note: {item['text']}", 7.5, spaceBefore=3)


def _doses(plan: Plan) -> Iterator[Flowable]:
    drawing = dvh_drawing(plan, WIDTH, 78 * mm, _FONT)
    if drawing is not None:
        yield KeepTogether([_heading("Dose-volume histogram"), drawing])
    constraints = [
        (
            str(item["structure"]),
            str(item["metric"]),
            str(item.get("limit") or "–"),
            _shown(item.get("value")),
            _word(str(item["status"]), str(item["status"]).upper()),
        )
        for item in items(plan, "constraints")
    ]
    if constraints:
        header = ["Structure", "Metric", "Limit", "Value", "Result"]
        table = _grid(header, constraints, (0.3, 0.2, 0.2, 0.15, 0.15))
        yield KeepTogether([_heading("Constraints"), table])
    rows = items(plan, "indices")
    doses = [dose for dose in DOSES if any(finite(row.get(dose)) is not None for row in rows)]
    indices = [
        [
            str(row["structure"]),
            str(row["metric"]),
            str(row.get("unit") or ""),
            *(_shown(row.get(dose)) for dose in doses),
        ]
        for row in rows
    ]
    if indices:
        yield _heading("Plan indices")
        header = ["Structure", "Metric", "Unit", *(DOSES[dose] for dose in doses)]
        yield _grid(header, indices, (0.2, 0.13, 0.07, *[0.12] * len(doses)))
    yield from _agreement(plan)


def _agreement(plan: Plan) -> Iterator[Flowable]:
    for item in items(plan, "gamma"):
        yield _text(
            f"γ {item['dose_percent']:g} % / {item['distance_mm']:g} mm, dose above "
            f"{item['cutoff_percent']:g} %, against the dose {_against(item)}: "
            f"{_shown(item.get('pass_percent'))} % of the points pass"
            f" (mean γ {_shown(item.get('mean'))}).",
            spaceBefore=4,
        )
    error = plan.get("hu_error")
    if error:
        yield _text(
            f"Against the CT, inside the body: mean absolute error {_shown(error.get('mae'))} HU, "
            f"bias {_shown(error.get('bias_soft'))} HU in soft tissue, "
            f"{_shown(error.get('bias_bone'))} HU in bone.",
            spaceBefore=4,
        )


def _against(item: Mapping[str, Any]) -> str:
    return _AGAINST.get(str(item["against"]), str(item["against"]))


def _shown(value: object) -> str:
    figure = finite(value)
    return "–" if figure is None else number(figure)


def _pictures(plan: Plan, pictures: Mapping[str, Path]) -> Iterator[Flowable]:
    captions: dict[str, list[str]] = {}
    for row in check_rows(plan):
        if row.picture and row.picture in pictures:
            caption = f"{row.number}. {row.title} ({row.word.lower()})"
            captions.setdefault(row.picture, []).append(caption)
    if not captions:
        return
    yield _heading("Pictures of the checks")
    cells: list[list[Flowable]] = []
    for key, lines in captions.items():
        image = Image(str(pictures[key]), width=WIDTH / 2 - 10, height=70 * mm, kind="proportional")
        cells.append([image, *(_text(line, 7) for line in lines)])
    pairs = [cells[i : i + 2] for i in range(0, len(cells), 2)]
    table = Table([[*pair, *[""] * (2 - len(pair))] for pair in pairs], colWidths=[WIDTH / 2] * 2)
    table.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)])
    yield table
