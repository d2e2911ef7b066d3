"""A report draft as plain values, ready to be written as a DICOM structured report."""

from __future__ import annotations

from dataclasses import dataclass, field

from ml.contracts.events import Evidence, Section


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSentence:
    section: Section
    text: str
    linked: bool
    origin: str  # "ai" or "person"
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDocument:
    """``document_id`` and ``version`` fix the UIDs: the same version written twice is one object.

    ``editor`` is the display name of the person who last edited the draft, absent for pure AI text.
    """

    document_id: str
    version: int
    sentences: tuple[ReportSentence, ...]
    model_name: str
    model_version: str
    weights_sha256: str
    incomplete: bool = False
    editor: str | None = None
    predecessor_sop_instance_uid: str | None = None
    evidence_sop_instance_uids: tuple[str, ...] = field(default=())
