"""Reference limits as data, each with its source.

One-sided on purpose: a limit stands only where a finding beyond it means something. They are for
adults, not corrected for age or sex, and come from other segmentation methods than ours.
"""

from __future__ import annotations

from dataclasses import dataclass

from ml.pipelines.draft_report.measurements import Measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """``low`` and ``high`` in the unit of the measurement, None where there is no limit."""

    low: float | None = None
    high: float | None = None
    source: str

    def judge(self, measurement: Measurement) -> str:
        """normal, low or high. The value is judged as it is shown, so text and status agree."""
        shown = round(measurement.value, measurement.digits)
        if self.low is not None and shown < self.low:
            return "low"
        if self.high is not None and shown > self.high:
            return "high"
        return "normal"

    def text(self, measurement: Measurement) -> str:
        """The limits as the report gives them, such as ``reference ≥ 2.58 mL``."""
        pairs = (("≥", self.low), ("≤", self.high))
        limits = [f"{sign} {limit:.{measurement.digits}f}" for sign, limit in pairs if limit]
        return f"reference {' and '.join(limits)} {measurement.unit}".strip()

    def excess(self, measurement: Measurement) -> float:
        """How far beyond its limit a value lies, as a share of the limit."""
        if self.low is not None and measurement.value < self.low:
            return (self.low - measurement.value) / self.low
        if self.high is not None and measurement.value > self.high:
            return (measurement.value - self.high) / self.high
        return 0.0


_HIPPOCAMPUS = (
    "mean − 2 SD of healthy adults of 50–77 years, manual tracing: Malays J Med Sci 2013, "
    "PMC3773349; published limits vary widely with the method (Honeycutt and Smith, "
    "J Neuroimaging 1995: 1.73–5.68 mL)"
)

REFERENCES: dict[str, Reference] = {
    "left_hippocampus.volume": Reference(low=2.58, source=_HIPPOCAMPUS),
    "right_hippocampus.volume": Reference(low=2.79, source=_HIPPOCAMPUS),
    "hippocampus.asymmetry": Reference(
        high=17.9,
        source="90th percentile of 2082 adults, difference over the larger side: Lucarelli et al., "
        "AJNR 2013;34:752 (Dallas Heart Study)",
    ),
    "ventricles.fraction": Reference(
        high=5.0,
        source="95th percentile (4.96 %) of healthy elderly: Ambarki et al., "
        "Neurosurgery 2010;67:94",
    ),
    "frontal_horns.evans": Reference(
        high=0.3,
        source="Evans, Arch Neurol Psychiatry 1942;47:931; Relkin et al., Neurosurgery 2005;57:S4",
    ),
    "third_ventricle.width": Reference(
        high=10.0,
        source="mean + 2 SD (9.85 mm) in men on CT: Natl J Clin Anat 2017;6:198",
    ),
    "midline.shift": Reference(
        high=5.0,
        source="threshold of the surgical guidelines: Bullock et al., Neurosurgery 2006;58:S16",
    ),
}
