"""A report draft as a narrative structured report (Enhanced SR, after TID 2000)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import highdicom as hd
from highdicom.sr import (
    CodeContentItem,
    ContainerContentItem,
    ImageContentItem,
    TextContentItem,
)
from highdicom.sr import RelationshipTypeValues as Relationship
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from ml.contracts.errors import InputUnreadable
from ml.contracts.report import ReportDocument, ReportSentence
from ml.dicom.files import objects_in
from ml.dicom.headers import repair
from ml.dicom.person import person_name
from ml.dicom.provenance import MANUFACTURER, Algorithm, add_equipment, save
from ml.dicom.uids import derived_uid

SERIES_NUMBER = 9003
_EVIDENCE_SEQUENCES = (
    "CurrentRequestedProcedureEvidenceSequence",
    "PertinentOtherEvidenceSequence",
)
# CID 7000 titles by modality; section heading and the concept of its sentences (CID 7001, 7002).
_TITLES = {"MR": codes.LN.MRIHeadReport, "CT": codes.LN.CTHeadReport}
_SECTIONS = {
    "findings": (codes.DCM.Findings, codes.DCM.Finding),
    "impression": (codes.DCM.Impressions, codes.DCM.Impression),
}
_BY_AI = "Written by AI"
_BY_PERSON = "Written or changed by a person"
_UNLINKED = "Not linked to evidence in the images"


def write_report(document: ReportDocument, *, source_dir: Path, out_path: Path) -> Path:
    """Write ``document`` as an Enhanced SR of the study whose objects lie in ``source_dir``.

    ``source_dir`` holds the image series the evidence points into, or the previous version of the
    report (whose evidence is carried on), or both. Patient and study are taken from there. Each
    sentence is a TEXT item under Findings or Impressions, inferred from the images of its
    evidence; evidence whose image is not known there is left out. The report is PARTIAL,
    UNVERIFIED and PRELIMINARY whatever it says. All versions of a document are one series; the
    same version written twice is one object.

    Raises:
        InputUnreadable: ``source_dir`` holds no DICOM object.
    """
    header, known = _study_objects(source_dir)
    algorithm = Algorithm(
        name=document.model_name,
        version=document.model_version,
        weights_sha256=document.weights_sha256,
    )
    cited = list(_cited(document))
    dataset = hd.sr.EnhancedSR(
        # The first one gives patient and study; all are listed as evidence.
        evidence=[header, *(known[uid] for uid in cited if uid in known)],
        content=_content(document, known, _title(header)),
        series_instance_uid=_series_uid(document),
        series_number=SERIES_NUMBER,
        sop_instance_uid=derived_uid(document.document_id, f"report/{document.version}"),
        instance_number=max(1, document.version),
        manufacturer=MANUFACTURER,
        manufacturer_model_name=algorithm.name[:64],
        software_versions=algorithm.version[:64],
        device_serial_number=algorithm.serial_number,
        is_complete=False,
        is_final=False,
        is_verified=False,
        specific_character_set="ISO_IR 192",
        series_description=_series_description(document),
    )
    dataset.AuthorObserverSequence = list(_authors(document, algorithm))
    dataset.SyntheticData = "YES" if header.get("SyntheticData") == "YES" else "NO"
    add_equipment(dataset, algorithm)
    if document.predecessor_sop_instance_uid:
        dataset.PredecessorDocumentsSequence = [_predecessor(document, dataset)]
    return save(dataset, out_path).path


def _study_objects(source_dir: Path) -> tuple[Dataset, dict[str, Dataset]]:
    """A header of the study, and every object it may refer to, by SOP instance UID."""
    first: Dataset | None = None
    known: dict[str, Dataset] = {}
    for _, header in objects_in(source_dir):
        if header is None:
            continue
        known[str(header.SOPInstanceUID)] = header
        for keyword in _EVIDENCE_SEQUENCES:
            known.update((item.SOPInstanceUID, item) for item in _references(header, keyword))
        if first is None or (first.get("Modality") == "SR" and header.get("Rows")):
            first = header
    if first is None:
        raise InputUnreadable("There is no DICOM object to write the report for.")
    repair(first)
    return first, known


def _references(header: Dataset, keyword: str) -> Iterator[Dataset]:
    """The objects listed in an evidence sequence, as datasets that can be evidence again."""
    for study in header.get(keyword) or ():
        for series in study.get("ReferencedSeriesSequence") or ():
            for item in series.get("ReferencedSOPSequence") or ():
                reference = Dataset()
                reference.StudyInstanceUID = study.StudyInstanceUID
                reference.SeriesInstanceUID = series.SeriesInstanceUID
                reference.SOPClassUID = item.ReferencedSOPClassUID
                reference.SOPInstanceUID = item.ReferencedSOPInstanceUID
                yield reference


def _cited(document: ReportDocument) -> Iterator[str]:
    yield from document.evidence_sop_instance_uids
    for sentence in document.sentences:
        yield from _images_of(sentence)


def _images_of(sentence: ReportSentence) -> list[str]:
    uids = (evidence["sop_instance_uid"] for evidence in sentence.evidence)
    return list(dict.fromkeys(uid for uid in uids if uid))


def _content(
    document: ReportDocument, known: dict[str, Dataset], title: Code
) -> ContainerContentItem:
    root = ContainerContentItem(name=title, is_content_continuous=False)
    children: list[hd.sr.ContentItem] = [
        CodeContentItem(
            name=codes.DCM.LanguageOfContentItemAndDescendants,
            value=Code("en", "RFC5646", "English"),
            relationship_type=Relationship.HAS_CONCEPT_MOD,
        )
    ]
    for section, (heading, concept) in _SECTIONS.items():
        sentences = [
            _sentence(sentence, concept, known)
            for sentence in document.sentences
            if sentence.section == section and sentence.text.strip()
        ]
        if sentences:
            children.append(_container(heading, sentences))
    root.ContentSequence = hd.sr.ContentSequence(children)
    return root


def _title(header: Dataset) -> Code:
    """The title by the modality of the images, or that of the report's previous version."""
    if header.get("Modality") == "SR" and header.get("ConceptNameCodeSequence"):
        name = header.ConceptNameCodeSequence[0]
        return Code(name.CodeValue, name.CodingSchemeDesignator, name.CodeMeaning)
    title: Code = _TITLES.get(str(header.get("Modality")), codes.LN.DiagnosticImagingReport)
    return title


def _container(heading: Code, items: Iterable[hd.sr.ContentItem]) -> ContainerContentItem:
    container = ContainerContentItem(
        name=heading, is_content_continuous=False, relationship_type=Relationship.CONTAINS
    )
    container.ContentSequence = hd.sr.ContentSequence(list(items))
    return container


def _sentence(
    sentence: ReportSentence, concept: Code, known: dict[str, Dataset]
) -> TextContentItem:
    item = TextContentItem(
        name=concept, value=sentence.text.strip(), relationship_type=Relationship.CONTAINS
    )
    children: list[hd.sr.ContentItem] = [
        ImageContentItem(
            name=codes.DCM.SourceOfMeasurement,
            referenced_sop_class_uid=known[uid].SOPClassUID,
            referenced_sop_instance_uid=uid,
            relationship_type=Relationship.INFERRED_FROM,
        )
        for uid in _images_of(sentence)
        if uid in known
    ]
    # Enhanced SR knows no observer of a single sentence: a comment says who wrote it.
    comments = [_BY_PERSON if sentence.origin == "person" else _BY_AI]
    if not sentence.linked:
        comments.append(_UNLINKED)
    children += [
        TextContentItem(
            name=codes.DCM.Comment, value=text, relationship_type=Relationship.HAS_PROPERTIES
        )
        for text in comments
    ]
    item.ContentSequence = hd.sr.ContentSequence(children)
    return item


def _authors(document: ReportDocument, algorithm: Algorithm) -> Iterator[Dataset]:
    device = Dataset()
    device.ObserverType = "DEV"
    device.StationName = ""
    device.DeviceUID = algorithm.device_uid
    device.Manufacturer = MANUFACTURER
    device.ManufacturerModelName = algorithm.name[:64]
    yield _with_institution(device)
    if document.editor is not None:
        person = Dataset()
        person.ObserverType = "PSN"
        person.PersonName = person_name(document.editor)
        person.PersonIdentificationCodeSequence = []
        yield _with_institution(person)


def _with_institution(observer: Dataset) -> Dataset:
    observer.InstitutionName = ""
    observer.InstitutionCodeSequence = []
    return observer


def _series_uid(document: ReportDocument) -> str:
    return derived_uid(document.document_id, "report/series")


def _series_description(document: ReportDocument) -> str:
    edited = ", edited" if document.editor is not None else ""
    incomplete = "INCOMPLETE " if document.incomplete else ""
    return f"{incomplete}AI draft report{edited}, not verified"


def _predecessor(document: ReportDocument, dataset: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = dataset.SOPClassUID
    item.ReferencedSOPInstanceUID = document.predecessor_sop_instance_uid
    series = Dataset()
    series.SeriesInstanceUID = dataset.SeriesInstanceUID
    series.ReferencedSOPSequence = [item]
    study = Dataset()
    study.StudyInstanceUID = dataset.StudyInstanceUID
    study.ReferencedSeriesSequence = [series]
    return study
