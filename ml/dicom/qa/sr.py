"""The quality report as a Comprehensive 3D SR (PS3.3 A.35.13).

No template of the standard covers the checks of a synthetic CT, so the report is a plain tree, and
concepts that no dictionary holds are coded in the private scheme ``99SYNOPTIC``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import highdicom as hd
from highdicom.sr import (
    CodeContentItem,
    CompositeContentItem,
    ContainerContentItem,
    ContentItem,
    NumContentItem,
    TextContentItem,
)
from highdicom.sr import RelationshipTypeValues as Relationship
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from ml.dicom.files import read_object
from ml.dicom.headers import source_header
from ml.dicom.provenance import MANUFACTURER, Algorithm, Written, mark, save
from ml.dicom.qa.content import (
    DOSES,
    WARNING,
    CheckRow,
    Plan,
    check_rows,
    finite,
    items,
    prescription,
)
from ml.dicom.uids import derived_uid
from ml.imaging.volume import Volume

SERIES_NUMBER = 9014
SCHEME = "99SYNOPTIC"
TITLE = Code("qa-report", SCHEME, "Quality report of a plan on synthetic CT")
_UNITS = {
    "Gy": Code("Gy", "UCUM", "gray"),
    "%": codes.UCUM.Percent,
    "mm": codes.UCUM.Millimeter,
    "HU": codes.UCUM.HounsfieldUnit,
    "ml": Code("ml", "UCUM", "milliliter"),
    "cm³": codes.UCUM.CubicCentimeter,
    "": codes.UCUM.NoUnits,
}


def write_qa_sr(
    plan: Plan,
    source: Volume,
    *,
    references: Sequence[Written] = (),
    algorithm: Algorithm,
    run_id: str,
    path: Path,
    key: str = "qa-report",
) -> Written:
    """Write the checks, constraints and indices of ``plan`` (the content of its ``plan.json``).

    ``references`` are the plan's other objects (structure set, plan, doses), which the report
    names as what it is about. It is PARTIAL, UNVERIFIED and PRELIMINARY. UIDs follow from
    ``run_id`` and ``key``.

    Raises:
        ValueError: ``source`` is not from DICOM.
        InputUnreadable: a referenced object is damaged.
    """
    if source.source is None:
        raise ValueError("a quality report needs the DICOM series it belongs to")
    header = source_header(source.source)
    objects = [read_object(written.path, pixels=False) for written in references]
    root = ContainerContentItem(name=TITLE, is_content_continuous=False)
    root.ContentSequence = hd.sr.ContentSequence(list(_content(plan, algorithm, references)))
    dataset = hd.sr.Comprehensive3DSR(
        evidence=[header, *objects],
        content=root,
        series_instance_uid=derived_uid(run_id, f"{key}/series"),
        series_number=SERIES_NUMBER,
        sop_instance_uid=derived_uid(run_id, key),
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=False,
        is_final=False,
        is_verified=False,
        specific_character_set="ISO_IR 192",
        series_description="Quality report of a research plan",
        manufacturer_model_name=algorithm.name[:64],
        software_versions=algorithm.version[:64],
        device_serial_number=algorithm.serial_number,
        content_qualification=None,
    )
    dataset.CodingSchemeIdentificationSequence = [_private_scheme()]
    mark(dataset, source.source, algorithm)
    if (plan.get("image") or {}).get("synthetic"):
        dataset.SyntheticData = "YES"
    return save(dataset, path)


def _content(
    plan: Plan, algorithm: Algorithm, references: Sequence[Written]
) -> Iterator[ContentItem]:
    yield CodeContentItem(
        name=codes.DCM.LanguageOfContentItemAndDescendants,
        value=Code("en", "RFC5646", "English"),
        relationship_type=Relationship.HAS_CONCEPT_MOD,
    )
    yield from hd.sr.ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=hd.sr.DeviceObserverIdentifyingAttributes(
            uid=algorithm.device_uid,
            name=algorithm.name,
            manufacturer_name=MANUFACTURER,
            model_name=algorithm.name,
            serial_number=algorithm.serial_number,
        ),
    )
    yield _text(codes.DCM.Comment, WARNING)
    yield _text(_own("prescription", "Prescription"), prescription(plan))
    for written in references:
        yield CompositeContentItem(
            name=_own("subject", "Object that the report is about"),
            referenced_sop_class_uid=written.sop_class_uid,
            referenced_sop_instance_uid=written.sop_instance_uid,
            relationship_type=Relationship.CONTAINS,
        )
    for code, heading, children in (
        ("checks", "Acceptance checks", [_check(row) for row in check_rows(plan)]),
        ("constraints", "Constraints", list(_constraints(plan))),
        ("indices", "Plan indices", list(_indices(plan))),
        ("gamma", "Gamma analysis", list(_gammas(plan))),
        ("warnings", "Warnings", list(_warnings(plan))),
    ):
        if children:
            yield _container(_own(code, heading), children)


def _private_scheme() -> Dataset:
    item = Dataset()
    item.CodingSchemeDesignator = SCHEME
    item.CodingSchemeName = "Concepts of Synoptic's quality report"
    item.CodingSchemeResponsibleOrganization = MANUFACTURER
    return item


def _own(value: str, meaning: str) -> Code:
    return Code(value[:16], SCHEME, meaning[:64])


def _text(
    name: Code, value: str, relationship: Relationship = Relationship.CONTAINS
) -> TextContentItem:
    return TextContentItem(name=name, value=value or "–", relationship_type=relationship)


def _number(
    name: Code, value: float, unit: str, relationship: Relationship = Relationship.CONTAINS
) -> NumContentItem:
    known = _UNITS.get(unit) or Code("1", "UCUM", unit[:64])
    # A decimal string holds 16 characters.
    return NumContentItem(
        name=name, value=float(f"{value:.6g}"), unit=known, relationship_type=relationship
    )


def _container(name: Code, children: list[ContentItem]) -> ContainerContentItem:
    item = ContainerContentItem(
        name=name, is_content_continuous=False, relationship_type=Relationship.CONTAINS
    )
    item.ContentSequence = hd.sr.ContentSequence(children)
    return item


def _check(row: CheckRow) -> ContentItem:
    children: list[ContentItem] = [
        _text(_own("status", "Status"), row.word),
        _text(codes.DCM.Finding, row.text),
    ]
    if row.figure is not None:
        children.append(_number(_own("figure", "Figure"), row.figure, row.unit))
    if row.limit:
        children.append(_text(_own("limit", "Limit"), row.limit))
    return _container(_own(f"check-{row.number}", f"{row.number}. {row.title}"), children)


def _constraints(plan: Plan) -> Iterator[ContentItem]:
    for item in items(plan, "constraints"):
        children: list[ContentItem] = [
            _text(_own("structure", "Structure"), str(item["structure"])),
            _text(_own("metric", "Metric"), str(item["metric"])),
            _text(_own("limit", "Limit"), str(item.get("limit") or "")),
            _text(_own("status", "Status"), str(item["status"]).upper()),
        ]
        value = finite(item.get("value"))
        if value is not None:
            children.append(_number(_own("value", "Value"), value, str(item.get("unit") or "Gy")))
        yield _container(_own("constraint", "Constraint"), children)


def _indices(plan: Plan) -> Iterator[ContentItem]:
    for item in items(plan, "indices"):
        children: list[ContentItem] = [
            _text(_own("structure", "Structure"), str(item["structure"])),
            _text(_own("metric", "Metric"), str(item["metric"])),
        ]
        for dose, title in DOSES.items():
            value = finite(item.get(dose))
            if value is not None:
                children.append(_number(_own(dose, title), value, str(item.get("unit") or "")))
        yield _container(_own("index", "Plan index"), children)


def _gammas(plan: Plan) -> Iterator[ContentItem]:
    for item in items(plan, "gamma"):
        against = DOSES.get(str(item["against"]), str(item["against"]))
        name = _own(
            f"gamma-{item['against']}",
            f"{against}: {item['dose_percent']:g} %, {item['distance_mm']:g} mm, "
            f"from {item['cutoff_percent']:g} % of the dose",
        )
        passed = finite(item.get("pass_percent"))
        if passed is not None:
            yield _number(name, passed, "%")


def _warnings(plan: Plan) -> Iterator[ContentItem]:
    for item in items(plan, "warnings"):
        yield _text(codes.DCM.Comment, str(item["text"]))
