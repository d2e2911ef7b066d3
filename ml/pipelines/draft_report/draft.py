"""The draft as it grows, and its forms: JSON, text, structured report."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ml.contracts.report import ReportDocument
from ml.pipelines.draft_report.findings import Judged
from ml.pipelines.draft_report.measurements import Measurements
from ml.pipelines.draft_report.writer import Written
from ml.reporting.check import check_report, check_sentences
from ml.reporting.facts import Check, Facts, SentenceFact

MADE_BY = "Draft made by AI. Not reviewed. Not for clinical use."
_TITLES = {"findings": "Findings", "impression": "Impression"}


@dataclass(slots=True, kw_only=True)
class Draft:
    """What is known so far. ``incomplete`` until every sentence is written."""

    measurements: Measurements
    judged: list[Judged]
    facts: Facts
    written: list[Written] = field(default_factory=list)
    incomplete: bool = True

    def values(self) -> dict[str, Any]:
        """Counts for the run's result: sentences, how many passed at which attempt, findings."""
        linked = [item for item in self.written if item.reason is None]
        return {
            "sentences": len(self.written),
            "accepted_first": sum(item.attempts == 1 for item in linked),
            "accepted_second": sum(item.attempts == 2 for item in linked),
            "unlinked": len(self.written) - len(linked),
            "abnormal": [j.rule.id for j in self.judged if j.status in ("low", "high")],
            "measurements": self.measurements.values(),
            "facts": self.facts,
        }

    def _as_checked(self) -> list[SentenceFact]:
        return [
            {
                "text": item.text,
                "section": item.statement.section,
                "origin": "ai",
                "linked": item.reason is None,
                "evidence": [dict(evidence) for evidence in item.statement.evidence],
            }
            for item in self.written
        ]

    def checks(self) -> list[Check]:
        """The verdict on each written sentence."""
        return check_sentences(self._as_checked(), self.facts)

    def as_json(self, *, pipeline: str, version: str) -> str:
        """The whole draft as JSON, marked as AI-made."""
        content = {
            "ai_generated": True,
            "notice": MADE_BY,
            "pipeline": pipeline,
            "version": version,
            "incomplete": self.incomplete,
            "findings": [item.finding for item in self.judged],
            "sentences": [
                {
                    "id": item.statement.id,
                    "section": item.statement.section,
                    "text": item.text,
                    "linked": item.reason is None,
                    "reason": item.reason,
                    "slots": dict(item.statement.slots),
                    "evidence": list(item.statement.evidence),
                    "check": check,
                }
                for item, check in zip(self.written, self.checks(), strict=True)
            ],
            # A draft that was stopped leaves out what it did not come to.
            "omissions": None if self.incomplete else check_report(self._as_checked(), self.facts),
            "measurements": self.measurements.values(),
            "facts": self.facts,
            "counts": {
                k: v for k, v in self.values().items() if k not in ("measurements", "facts")
            },
        }
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    def as_text(self) -> str:
        """The draft as Markdown; unlinked sentences are marked."""
        lines = [f"*{MADE_BY}{' INCOMPLETE.' if self.incomplete else ''}*"]
        for section, title in _TITLES.items():
            items = [item for item in self.written if item.statement.section == section]
            if items:
                lines += ["", f"## {title}", ""]
            for item in items:
                mark = "" if item.reason is None else f" **[not linked: {item.reason}]**"
                lines.append(f"- {item.text}{mark}")
        return "\n".join(lines) + "\n"

    def document(self, *, run_id: str, version: str, weights_sha256: str) -> ReportDocument:
        """The draft as the values that a structured report is written from."""
        cited = {
            uid
            for item in self.written
            for evidence in item.statement.evidence
            if (uid := evidence["sop_instance_uid"]) is not None
        }
        return ReportDocument(
            document_id=run_id,
            version=1,
            sentences=tuple(item.sentence for item in self.written),
            model_name="Synoptic draft_report",
            model_version=version,
            weights_sha256=weights_sha256,
            incomplete=self.incomplete,
            evidence_sop_instance_uids=tuple(sorted(cited)),
        )

    def save(self, path: Path, text: str) -> Path:
        """Write ``text`` to ``path`` whole or not at all."""
        partial = path.with_suffix(path.suffix + ".part")
        partial.write_text(text, encoding="utf-8")
        return partial.replace(path)
