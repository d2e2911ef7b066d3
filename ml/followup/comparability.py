"""May two images of one person be compared in numbers? Each reason with its figure and limit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from ml.imaging.foreground import foreground
from ml.imaging.registration import Registration
from ml.imaging.volume import Volume

Status = Literal["pass", "warn", "fail"]
# What one finding leaves of the score.
_SHARE: Final[Mapping[Status, float]] = {"pass": 1.0, "warn": 0.85, "fail": 0.4}
SAMPLES: Final = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """``code``: registration, scanner, protocol, thickness, contrast, coverage or days. ``figure``
    in ``unit``, None where nothing is measured; ``limit`` is what it is held against."""

    code: str
    text: str
    figure: float | None
    unit: str
    limit: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparability:
    """``comparable``: no reason fails. ``score`` 0..1, the product of what each reason leaves."""

    comparable: bool
    score: float
    reasons: tuple[Reason, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "comparable": self.comparable,
            "score": self.score,
            "reasons": [asdict(reason) for reason in self.reasons],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """How an image was taken, as far as it says: all empty for a NIfTI file."""

    manufacturer: str = ""
    model: str = ""
    field_t: float | None = None
    description: str = ""
    echo_time_ms: float | None = None
    repetition_time_ms: float | None = None
    inversion_time_ms: float | None = None
    contrast_agent: bool | None = None


def comparability(
    base: Volume,
    onto: Volume,
    registration: Registration,
    *,
    thickest_mm: tuple[float, float],
    taken: tuple[Acquisition, Acquisition],
    days: int | None,
) -> Comparability:
    """Judge a pair. ``onto``: the follow-up resampled onto the grid of ``base``; ``thickest_mm``:
    the widest voxel step of each as acquired; ``days`` between them, None where not known."""
    reasons = (
        _registered(registration),
        _covered(registration),
        _alike(base, onto),
        _thickness(*thickest_mm),
        *_taken(*taken),
        *_days(days),
    )
    score = float(np.prod([_SHARE[reason.status] for reason in reasons]))
    return Comparability(
        comparable=all(reason.status != "fail" for reason in reasons),
        score=round(score, 3),
        reasons=reasons,
    )


def _status(value: float, good: float, bad: float) -> Status:
    """``good`` and ``bad`` in either order: the smaller one may be the better."""
    if good > bad:
        value, good, bad = -value, -good, -bad
    return "pass" if value <= good else "warn" if value <= bad else "fail"


def _registered(found: Registration) -> Reason:
    status = _status(found.similarity, 0.12, 0.05)
    words = {
        "pass": "The two images lie on each other.",
        "warn": "The two images agree less than usual once laid on each other; see the picture.",
        "fail": "The two images could not be laid on each other well enough to compare them.",
    }
    return Reason(
        code="registration",
        text=words[status],
        figure=round(found.similarity, 3),
        unit="",
        limit="≥ 0.12",
        status=status,
    )


def _covered(found: Registration) -> Reason:
    share = 100 * found.overlap
    status = _status(share, 95.0, 80.0)
    text = f"The follow-up covers {share:.0f} % of what the base image shows."
    return Reason(
        code="coverage", text=text, figure=round(share, 1), unit="%", limit="≥ 95 %", status=status
    )


def _alike(base: Volume, onto: Volume) -> Reason:
    """Correlation of grey values: another contrast turns it round or spreads it."""
    both = foreground(base) & (onto.array > 0)
    a, b = _drawn(base.array, both), _drawn(onto.array, both)
    figure = 0.0
    if a.size > 100 and a.std() > 0 and b.std() > 0:
        figure = float(np.corrcoef(_ranks(a), _ranks(b))[0, 1])
    status = _status(figure, 0.6, 0.3)
    words = {
        "pass": "Both images have the same contrast.",
        "warn": "The contrasts differ somewhat; small changes may come from that.",
        "fail": "The contrasts differ: these are two kinds of image, and volumes measured on one "
        "cannot be held against the other.",
    }
    return Reason(
        code="contrast",
        text=words[status],
        figure=round(figure, 3),
        unit="",
        limit="≥ 0.6",
        status=status,
    )


def _drawn(array: NDArray[Any], where: NDArray[np.bool_]) -> NDArray[Any]:
    values = array[where]
    return values[:: max(1, values.size // SAMPLES)]


def _ranks(values: NDArray[Any]) -> NDArray[np.intp]:
    ranks: NDArray[np.intp] = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return ranks


def _thickness(base: float, follow: float) -> Reason:
    ratio = max(base, follow) / min(base, follow)
    thick = max(base, follow)
    status = _status(ratio, 1.25, 2.0)
    text = f"Slices are {base:.1f} and {follow:.1f} mm apart at most."
    if status == "pass" and thick > 3.5:
        status, text = "warn", text + " Small lesions hide in slices as thick as that."
    return Reason(
        code="thickness",
        text=text,
        figure=round(ratio, 2),
        unit="",
        limit="≤ 1.25 times",
        status=status,
    )


def _taken(base: Acquisition, follow: Acquisition) -> Iterator[Reason]:
    scanner = _differing(
        (
            ("manufacturer", base.manufacturer.upper(), follow.manufacturer.upper()),
            ("model", base.model.upper(), follow.model.upper()),
            ("field strength", base.field_t, follow.field_t),
        )
    )
    if scanner is not None:
        yield _words("scanner", "the scanner", scanner)
    protocol = _differing(
        (
            ("echo time", base.echo_time_ms, follow.echo_time_ms),
            ("repetition time", base.repetition_time_ms, follow.repetition_time_ms),
            ("inversion time", base.inversion_time_ms, follow.inversion_time_ms),
            ("contrast agent", base.contrast_agent, follow.contrast_agent),
        )
    )
    if protocol is not None:
        yield _words("protocol", "the protocol", protocol)


def _differing(rows: Sequence[tuple[str, Any, Any]]) -> list[str] | None:
    """Names of what differs; None where nothing is known of both."""
    known = [(name, a, b) for name, a, b in rows if a not in (None, "") and b not in (None, "")]
    if not known:
        return None
    return [name for name, a, b in known if not _same(a, b)]


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return abs(a - b) <= 0.15 * max(abs(a), abs(b))
    return bool(a == b)


def _words(code: str, what: str, differing: list[str]) -> Reason:
    text = f"What is recorded of {what} is the same."
    if differing:
        text = f"Another {', '.join(differing)}: part of any change may come from that."
    return Reason(
        code=code,
        text=text,
        figure=float(len(differing)),
        unit="differences",
        limit="0",
        status="warn" if differing else "pass",
    )


def _days(days: int | None) -> Iterator[Reason]:
    if days is None:
        text, status = "The dates are not both known: no yearly rate is given.", "warn"
    elif days < 30:
        text, status = f"Only {days} days lie between: a yearly rate would mean nothing.", "warn"
    else:
        text, status = f"{days} days lie between.", "pass"
    yield Reason(
        code="days",
        text=text,
        figure=None if days is None else float(days),
        unit="days",
        limit="≥ 30 days",
        status="warn" if status == "warn" else "pass",
    )
