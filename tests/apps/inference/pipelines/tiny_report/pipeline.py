"""Streams sentences word by word, stores an SR and a JSON file, and can end in every way."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from ml.contracts.errors import Cancelled, InputRefused
from ml.contracts.events import Event, Evidence
from ml.contracts.report import ReportDocument, ReportSentence
from ml.dicom.write_report import write_report
from ml.runtime.context import RunContext

DICOM = "application/dicom"
WORDS = ("The", "left", "lateral", "ventricle", "is", "unremarkable.")


def run(context: RunContext) -> Iterator[Event]:
    steps = context.steps({"read": "Reading the images", "write": "Writing sentences"})
    yield steps.start("read")
    files = sorted(context.input().path.iterdir())
    if context.params["die"] == "refuse":
        raise InputRefused("This head has no ventricle.")
    if context.params["die"] == "break":
        raise RuntimeError("Doe^Jane")
    yield steps.finish()
    yield steps.start("write")
    said: list[str] = []
    try:
        for number in range(context.params["sentences"]):
            yield from _sentence(context, f"s{number}")
            if context.params["die"] == "deaf":
                time.sleep(60)
            said.append(" ".join(WORDS))
            if context.params["die"] == "engine" and number == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            yield steps.progress((number + 1) / context.params["sentences"])
    except Cancelled:
        yield from _keep(context, said, incomplete=True)
        raise
    yield steps.finish()
    context.values["files"] = len(files)
    yield from _keep(context, said, incomplete=False)


def _sentence(context: RunContext, name: str) -> Iterator[Event]:
    start = {"message": name, "kind": "sentence", "section": "findings", "evidence": [EVIDENCE]}
    yield Event(type="message.started", data=start)
    for word in WORDS:
        context.cancel.check()
        time.sleep(context.params["pause"])
        yield Event(type="message.delta", data={"message": name, "text": f"{word} "})
    end = {**start, "text": " ".join(WORDS), "linked": True}
    del end["kind"]
    yield Event(type="message.finished", data=end)


def _keep(context: RunContext, said: list[str], *, incomplete: bool) -> Iterator[Event]:
    words = context.out_dir / "words.json"
    words.write_text(json.dumps(said))
    yield context.artifact(
        "words",
        kind="json",
        path=words,
        media_type="application/json",
        title="Words",
        incomplete=incomplete,
    )
    path = write_report(
        _document(context, said, incomplete=incomplete),
        source_dir=context.input().path,
        out_path=Path(context.out_dir) / "report.dcm",
    )
    yield context.artifact(
        "report-sr",
        kind="sr-report",
        path=path,
        media_type=DICOM,
        title="Report draft",
        incomplete=incomplete,
    )


def _document(context: RunContext, said: list[str], *, incomplete: bool) -> ReportDocument:
    return ReportDocument(
        document_id=context.request.run_id,
        version=1,
        sentences=tuple(
            ReportSentence(section="findings", text=text, linked=True, origin="ai")
            for text in said or ["Nothing was said."]
        ),
        model_name="tiny_report",
        model_version="1.0.0",
        weights_sha256="0" * 64,
        incomplete=incomplete,
    )


EVIDENCE: Evidence = {
    "structure": "Left-Lateral-Ventricle",
    "label": 4,
    "series_uid": None,
    "sop_instance_uid": None,
    "slice_index": 1,
    "point_lps": [1.0, 2.0, 3.0],
    "segment_number": None,
}
