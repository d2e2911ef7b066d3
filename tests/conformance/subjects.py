"""What the conformance tests write: some labels and a draft on a small series."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.contracts.events import Evidence
from ml.contracts.report import ReportDocument, ReportSentence
from ml.dicom.provenance import Algorithm
from ml.imaging.volume import Volume

ALGORITHM = Algorithm(
    name="Head segmenter", version="1.2.3", weights_sha256="ab" * 32, parameters={"spacing": 1.0}
)
RUN = "run-1"


def some_labels(shape: tuple[int, int, int]) -> NDArray[np.uint16]:
    """Blocks of a few structures, with air between and one id that no table names."""
    labels = np.zeros(shape, np.uint16)
    labels[1:3, 2:5, 1:4] = 17
    labels[1:3, 2:5, 5:7] = 53
    labels[3, 1:9, 1:7] = 24
    labels[4, 4, 4] = 999
    return labels


def evidence(image: Volume, index: int) -> Evidence:
    assert image.source is not None
    return {
        "structure": "left hippocampus",
        "label": 17,
        "series_uid": image.source.series_uid,
        "sop_instance_uid": image.source.sop_instance_uids[index],
        "slice_index": index,
        "point_lps": list(image.point_lps((index, 0, 0))),
        "segment_number": 1,
    }


def document(image: Volume) -> ReportDocument:
    return ReportDocument(
        document_id="draft-1",
        version=1,
        model_name="draft_report",
        model_version="0.1.0",
        weights_sha256="cd" * 32,
        sentences=(
            ReportSentence(
                section="findings",
                text="The left hippocampus measures 3.5 cm³.",
                linked=True,
                origin="ai",
                evidence=(evidence(image, 2),),
            ),
            ReportSentence(section="findings", text="Unsure.", linked=False, origin="ai"),
            ReportSentence(
                section="impression",
                text="Größe normal.",
                linked=True,
                origin="ai",
                evidence=(evidence(image, 2), evidence(image, 3)),
            ),
        ),
    )
