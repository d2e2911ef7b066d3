"""How an image was taken, in the words of the reading room: ``FLAIR``, ``T1+C``; and on what. Pure
functions on Orthanc's short tags."""

from __future__ import annotations

import re
from typing import Final

from apps.studies import tags as t
from apps.studies.tags import Tags

# The first pattern that a description holds says the sequence. FLAIR before T2: it is one.
SEQUENCES: Final[tuple[tuple[str, str], ...]] = (
    (r"FLAIR|DARK ?FLUID|TIRM", "FLAIR"),
    (r"\bADC\b", "ADC"),
    (r"\bDWI\b|DIFFUSION|\bB1000\b", "DWI"),
    (r"\bDTI\b", "DTI"),
    (r"\bSWI\b|SWAN|VEN ?BOLD|SUSCEPT", "SWI"),
    (r"\bTOF\b|ANGIO|\bMRA\b", "TOF"),
    (r"PERFUSION|\bDSC\b|\bASL\b|\bPWI\b", "PERFUSION"),
    (r"STIR", "STIR"),
    (r"T2 ?\*|\bGRE\b|HEMO", "T2*"),
    (r"T1|MPRAGE|MP2RAGE|BRAVO|\bSPGR\b|\bTFE\b|VIBE", "T1"),
    (r"T2", "T2"),
    (r"\bPD\b|PROTON ?DENSITY", "PD"),
)
CONTRAST: Final = re.compile(
    r"\+ ?C\b|\bGD\b|\bGAD|POST ?CON|\bPOST\b|CONTRAST|\bKM\b|T1CE|T1 ?GD|T1C\b", re.IGNORECASE
)
WITHOUT: Final = re.compile(r"PRE ?CON|NON ?CON|WITHOUT|\bW/?O\b|\bPRE\b|\bNATIV", re.IGNORECASE)
DEVICE_MAX: Final = 80


def sequence_of(description: str, modality: str) -> str:
    """What a description says; empty where it says nothing, and for anything but MR."""
    if modality != "MR":
        return ""
    words = re.sub(r"[_\-.]+", " ", description.upper())
    name = next((name for pattern, name in SEQUENCES if re.search(pattern, words)), "")
    with_contrast = CONTRAST.search(words) and not WITHOUT.search(words)
    return f"{name}+C" if name == "T1" and with_contrast else name


def sequence(tags: Tags) -> str:
    """As ``sequence_of``; contrast also where the agent is recorded."""
    described = f"{t.text(tags, 'SeriesDescription', 200)} {t.text(tags, 'ProtocolName', 200)}"
    found = sequence_of(described, t.text(tags, "Modality", 16))
    agent = t.text(tags, "ContrastBolusAgent").upper()
    return "T1+C" if found == "T1" and agent not in ("", "NO", "NONE") else found


def device(tags: Tags) -> str:
    """Manufacturer and model, as recorded."""
    words = (t.text(tags, "Manufacturer"), t.text(tags, "ManufacturerModelName"))
    return " ".join(word for word in words if word)[:DEVICE_MAX]
