"""A PDF as an Encapsulated PDF object (PS3.3 A.45.1)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from pydicom.uid import EncapsulatedPDFStorage

from ml.dicom.headers import source_header
from ml.dicom.provenance import Algorithm, Written, mark, save
from ml.dicom.rt_object import NewObject, object_template
from ml.imaging.volume import Volume

SERIES_NUMBER = 9015


def write_encapsulated_pdf(
    pdf: Path,
    source: Volume,
    *,
    title: str,
    algorithm: Algorithm,
    run_id: str,
    path: Path,
    key: str = "qa-pdf",
    synthetic: bool = False,
    made_at: datetime | None = None,
) -> Written:
    """Write ``pdf`` as a document of the patient and study of ``source``.

    Raises:
        ValueError: ``source`` is not from DICOM, or ``pdf`` is no PDF.
    """
    if source.source is None:
        raise ValueError("a document needs the DICOM series it belongs to")
    document = pdf.read_bytes()
    if not document.startswith(b"%PDF-"):
        raise ValueError("the document is not a PDF")
    moment = made_at or datetime.now(UTC)
    new = NewObject(
        sop_class=EncapsulatedPDFStorage,
        modality="DOC",
        series_number=SERIES_NUMBER,
        description=title,
        algorithm=algorithm,
        run_id=run_id,
        key=key,
        made_at=moment,
    )
    dataset = object_template(source_header(source.source), new)
    del dataset.OperatorsName
    dataset.ConversionType = "WSD"
    dataset.ContentDate, dataset.ContentTime = f"{moment:%Y%m%d}", f"{moment:%H%M%S}"
    dataset.AcquisitionDateTime = ""
    dataset.BurnedInAnnotation = "YES"
    dataset.DocumentTitle = title
    dataset.ConceptNameCodeSequence = []
    dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
    dataset.EncapsulatedDocumentLength = len(document)
    dataset.EncapsulatedDocument = document + b"\0" * (len(document) % 2)
    mark(dataset, source.source, algorithm)
    if synthetic:
        dataset.SyntheticData = "YES"
    return save(dataset, path)
