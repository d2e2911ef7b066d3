"""The door of ``ml``: all that the rest of Synoptic may call. Importing it loads no torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from ml.contracts.cancel import CancelToken
from ml.contracts.card import ChaiCard, Figure, MetricsFile
from ml.contracts.drawing import Drawing
from ml.contracts.engine import Engine
from ml.contracts.evaluation import EvaluationResult, MetricRow, RowDifference
from ml.contracts.events import Event
from ml.contracts.manifest import Manifest
from ml.contracts.report import ReportDocument
from ml.contracts.request import RunRequest
from ml.runtime import card, chai, metrics, registry, weights


def manifests() -> tuple[Manifest, ...]:
    """Every pipeline on offer, by name. Light: loads no model."""
    return registry.manifests()


def verify_weights(manifest: Manifest, data_dir: Path | None = None) -> None:
    """Check the weights files of a pipeline against the digests of its manifest.

    Raises:
        WeightsMissing: a file is not installed.
        DigestMismatch: a file is not the one the manifest names.
    """
    weights.verify(manifest, data_dir)


def open_engine(
    kind: Literal["local", "process"] = "process",
    device: str = "auto",
    data_dir: Path | None = None,
) -> Engine:
    """An engine: ``process`` owns a warm child that can be killed, ``local`` runs right here."""
    if kind == "process":
        from ml.runtime.process import ProcessEngine

        return ProcessEngine(device=device, data_dir=data_dir)
    from ml.runtime.local import LocalEngine

    return LocalEngine(device=device, data_dir=data_dir)


def run(request: RunRequest, cancel: CancelToken | None = None) -> Iterator[Event]:
    """One run in this process, its models given back afterwards. Raises ``MlError``."""
    engine = open_engine("local")
    try:
        yield from engine.run(request, cancel or CancelToken())
    finally:
        engine.close()


def write_report_sr(document: ReportDocument, *, source_dir: Path, out_path: Path) -> Path:
    """Write a report draft as a DICOM SR beside the series in ``source_dir``; see ``ml.dicom``."""
    from ml.dicom.write_report import write_report

    return write_report(document, source_dir=source_dir, out_path=out_path)


def metrics_files(manifest: Manifest) -> tuple[MetricsFile, ...]:
    """What was measured of the weights of a pipeline, as it lies beside them."""
    return metrics.metrics_of(manifest)


def card_chai(manifest: Manifest, figures: Iterable[Figure] = ()) -> ChaiCard:
    """The model card in the CHAI layout; ``figures`` come after those of the metrics files."""
    readme = manifest.card
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    own = metrics.key_figures(manifest, metrics.metrics_of(manifest))
    return card.chai_card(manifest, text, [*own, *figures])


def card_with(found: ChaiCard, figures: Iterable[Figure]) -> ChaiCard:
    """The same card with further figures."""
    return card.with_figures(found, figures)


def card_xml(found: ChaiCard) -> str:
    """The card as an XML document of the CHAI schema."""
    return chai.as_xml(found)


def evaluation_read(content: bytes) -> EvaluationResult:
    """An evaluation from the bytes of its ``evaluation.json``. Raises ``ResultRefused``."""
    from ml.evaluation.stored import parse

    return parse(content)


def evaluation_differences(
    first: EvaluationResult, second: EvaluationResult, *, subgroup: str = "all"
) -> list[RowDifference]:
    """Second minus first with bootstrap intervals by subject. Raises ``DataDiffer``."""
    from ml.evaluation.paired import differences

    return differences(first, second, subgroup=subgroup)


def evaluation_csv(rows: Iterable[MetricRow]) -> str:
    """The rows of an evaluation as CSV."""
    from ml.evaluation.table import as_csv

    return as_csv(rows)


def check_plan_template(data: dict[str, Any]) -> None:
    """Raises ``ParametersRefused`` when no photon plan can be made with a template."""
    from ml.planning.templates import read_template

    read_template(data)


def approved_copies(
    paths: Sequence[Path], out_dir: Path, *, decision_id: str, reviewer: str, at: datetime
) -> None:
    """Write copies of the structure set, plan and dose of one plan that name who approved them.

    Raises:
        ValueError: an object is of another kind, or was decided on already.
        InputUnreadable: a file is damaged.
    """
    from ml.dicom.approve import Review, reviewed_copies

    review = Review(decision_id=decision_id, status="APPROVED", reviewer=reviewer, at=at)
    reviewed_copies(paths, out_dir, review)


def plan_limits() -> dict[str, Any]:
    """The limits of the acceptance checks where a site has set none: ``{key: {warn, fail}}``."""
    from ml.planning.limits import DEFAULTS, as_json

    return as_json(DEFAULTS)


def check_plan_limits(data: dict[str, Any]) -> None:
    """Raises ``ParametersRefused`` when a limit is unknown, or fails before it warns."""
    from ml.planning.limits import read_limits

    read_limits(data)


def plan_profiles() -> list[dict[str, str]]:
    """The conformance profiles of planning systems: ``name``, ``title`` and ``about`` of each."""
    from ml.dicom.profiles.load import load_profile, profile_names

    found = [load_profile(name) for name in profile_names()]
    return [{"name": one.name, "title": one.title, "about": one.about} for one in found]


def profile_reasons(paths: Iterable[Path], profile: str) -> list[str]:
    """Why a planning system would not import the DICOM files of a case; empty where it would.

    Raises:
        ValueError: there is no such profile.
        InputUnreadable: a file is damaged.
    """
    from ml.dicom.files import read_object
    from ml.dicom.profiles.check import check_profile
    from ml.dicom.profiles.load import load_profile

    return check_profile([read_object(path, pixels=False) for path in paths], load_profile(profile))


def write_drawn_structures(drawing: Drawing, *, source_dir: Path, out_path: Path) -> Path:
    """Write what a person drew as a structure set of the series in ``source_dir``. Raises
    ``InputRefused`` where it does not fit the series."""
    from ml.dicom.drawn import write_drawing

    return write_drawing(drawing, source_dir=source_dir, path=out_path).path


def check_report_sentences(
    sentences: Sequence[Mapping[str, Any]], facts: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The verdict on each sentence of a report; see ``ml.reporting.facts`` for the shapes."""
    from ml.reporting.check import check_sentences
    from ml.reporting.facts import facts_of, sentence_of

    return [
        dict(one) for one in check_sentences([sentence_of(s) for s in sentences], facts_of(facts))
    ]


def check_report_omissions(
    sentences: Sequence[Mapping[str, Any]], facts: Mapping[str, Any]
) -> dict[str, Any]:
    """The verdict on what a report leaves out of its facts."""
    from ml.reporting.check import check_report
    from ml.reporting.facts import facts_of, sentence_of

    return dict(check_report([sentence_of(s) for s in sentences], facts_of(facts)))
