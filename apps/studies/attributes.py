"""What the tags of one instance say about its series. Pure functions on Orthanc's short tags."""

from __future__ import annotations

import re

from apps.studies import tags as t
from apps.studies.models import Series
from apps.studies.tags import Tags

SEG_CLASSES = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
SR_PREFIX = "1.2.840.10008.5.1.4.1.1.88."
RTSTRUCT_CLASS = "1.2.840.10008.5.1.4.1.1.481.3"
RTDOSE_CLASS = "1.2.840.10008.5.1.4.1.1.481.2"

SYNTHESIZING_EQUIPMENT = "109100"
PROCESSING_EQUIPMENT = "109102"
OUR_NAME = "Synoptic"
AI_FAMILY = "123110"
PREDICTED = "SYNTHETIC PREDICTED"
SIMULATOR = "SIMULATOR"
OBSERVER_TYPE, DEVICE_OBSERVER = "121005", "121007"

# Where no body part is recorded, the first of these words in a description says it.
BODY_PART_WORDS = {
    "HEAD": "HEAD",
    "SKULL": "HEAD",
    "CRANIUM": "HEAD",
    "CRANIAL": "HEAD",
    "KOPF": "HEAD",
    "SCHAEDEL": "HEAD",
    "SCHÄDEL": "HEAD",
    "CRANE": "HEAD",
    "CRÂNE": "HEAD",
    "BRAIN": "BRAIN",
    "CEREBRAL": "BRAIN",
    "CEREBRUM": "BRAIN",
    "HIRN": "BRAIN",
    "MPRAGE": "BRAIN",
    "BRAVO": "BRAIN",
    "NEURO": "BRAIN",
    "ORBIT": "ORBIT",
    "NECK": "NECK",
    "HALS": "NECK",
    "CHEST": "CHEST",
    "THORAX": "CHEST",
    "LUNG": "CHEST",
    "HEART": "HEART",
    "CARDIAC": "HEART",
    "BREAST": "BREAST",
    "MAMMA": "BREAST",
    "ABDOMEN": "ABDOMEN",
    "LIVER": "LIVER",
    "KIDNEY": "KIDNEY",
    "PANCREAS": "PANCREAS",
    "PELVIS": "PELVIS",
    "PROSTATE": "PROSTATE",
    "SPINE": "SPINE",
    "CSPINE": "CSPINE",
    "LSPINE": "LSPINE",
    "TSPINE": "TSPINE",
    "SHOULDER": "SHOULDER",
    "ELBOW": "ELBOW",
    "HAND": "HAND",
    "HIP": "HIP",
    "THIGH": "THIGH",
    "KNEE": "KNEE",
    "ANKLE": "ANKLE",
    "FOOT": "FOOT",
}
_SPLIT = re.compile(r"[^\w]+|_", re.UNICODE)


def series_kind(tags: Tags, sop_class: str) -> str:
    if sop_class in SEG_CLASSES:
        return Series.Kind.SEG
    if sop_class.startswith(SR_PREFIX):
        return Series.Kind.SR
    if sop_class == RTSTRUCT_CLASS:
        return Series.Kind.RTSTRUCT
    if sop_class == RTDOSE_CLASS:
        return Series.Kind.RTDOSE
    if t.natural(tags, "Rows") and t.natural(tags, "Columns"):
        return Series.Kind.IMAGE
    return Series.Kind.OTHER


def body_part(tags: Tags) -> str:
    """As recorded, else read from the descriptions, else empty."""
    recorded = t.text(tags, "BodyPartExamined").upper()
    if recorded:
        return recorded
    for keyword in ("SeriesDescription", "ProtocolName", "StudyDescription"):
        for word in _SPLIT.split(t.text(tags, keyword, 200).upper()):
            if word in BODY_PART_WORDS:
                return BODY_PART_WORDS[word]
    return ""


def laterality(tags: Tags) -> str:
    for keyword in ("ImageLaterality", "Laterality", "FrameLaterality"):
        side = t.text(tags, keyword, 4).upper()
        if side in ("L", "R", "B", "U"):
            return side
    return ""


def synthetic(tags: Tags) -> bool:
    return t.text(tags, "SyntheticData").upper() == "YES"


def ai_generated(tags: Tags) -> bool:
    """Made by a model: it says so as synthesizing equipment, as algorithm or as author."""
    for equipment in t.items(tags, "ContributingEquipmentSequence"):
        purposes = _codes(equipment, "PurposeOfReferenceCodeSequence")
        ours = t.text(equipment, "Manufacturer") == OUR_NAME and not t.natural(tags, "Rows")
        if SYNTHESIZING_EQUIPMENT in purposes or (ours and PROCESSING_EQUIPMENT in purposes):
            return True
    for segment in t.items(tags, "SegmentSequence"):
        for algorithm in t.items(segment, "SegmentationAlgorithmIdentificationSequence"):
            if AI_FAMILY in _codes(algorithm, "AlgorithmFamilyCodeSequence"):
                return True
    if any(
        t.text(author, "ObserverType").upper() == "DEV"
        for author in t.items(tags, "AuthorObserverSequence")
    ):
        return True
    return any(
        OBSERVER_TYPE in _codes(item, "ConceptNameCodeSequence")
        and DEVICE_OBSERVER in _codes(item, "ConceptCodeSequence")
        for item in t.items(tags, "ContentSequence")
    )


def simulated(series: Series) -> bool:
    """An invented patient, or an invented visit of one: the device says so. Where no device is
    known, what is synthetic and names no image that it was made of."""
    if not series.synthetic or predicted(series):
        return False
    if series.device:
        return SIMULATOR in series.device.upper()
    return not series.derived_from


def made_by_model(series: Series) -> bool:
    """What a model made of somebody's images."""
    return series.ai_generated and not simulated(series)


def predicted(series: Series) -> bool:
    """Whether a series shows a time that has not come: burnt into its description by what made it,
    so that a copy from another site is known as well."""
    return series.ai_generated and series.description.upper().startswith(PREDICTED)


def _codes(tags: Tags, sequence: str) -> set[str]:
    return {t.text(item, "CodeValue") for item in t.items(tags, sequence)}


def derived_from(tags: Tags) -> list[str]:
    """The series that it was made of, where it names them by UID."""
    named = t.items(tags, "ReferencedSeriesSequence")
    for evidence in (
        "CurrentRequestedProcedureEvidenceSequence",
        "PertinentOtherEvidenceSequence",
    ):
        for study in t.items(tags, evidence):
            named += t.items(study, "ReferencedSeriesSequence")
    for frame in t.items(tags, "ReferencedFrameOfReferenceSequence"):
        for study in t.items(frame, "RTReferencedStudySequence"):
            named += t.items(study, "RTReferencedSeriesSequence")
    uids = (t.text(item, "SeriesInstanceUID") for item in named)
    return list(dict.fromkeys(uid for uid in uids if uid))


def source_instance(tags: Tags) -> str:
    """The first SOP instance that it names as its source: most derived images name no series."""
    for item in t.items(tags, "SourceImageSequence"):
        return t.text(item, "ReferencedSOPInstanceUID")
    return ""
