"""Let an approved plan out: reviewed copies of its objects, with the images and the QA report."""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.audit.services import audit_record
from apps.core.errors import ApiError, Conflict, NotFound, Refused
from apps.inference.content import artifact_content
from apps.inference.models import Artifact
from apps.inference.planning import ReviewedBy, profile_check, reviewed_write
from apps.pacs.resources import series_fetch, series_instance_count
from apps.planning.export import Export, ExportFile
from apps.planning.models import Plan, PlanDecision
from apps.planning.selectors import artifacts_of
from apps.planning.states import UNLOCKED
from apps.studies.models import Series

# What a planning system takes: the plan's own objects are issued again, the report as it was made.
REVIEWED: Final = {"structures": "RTSTRUCT", "plan": "RTPLAN", "dose": "RTDOSE"}
REPORT: Final = {"qa-report": "QA/report.dcm", "qa-pdf": "QA/report.pdf"}
# The same PDF as an object, for archives.
REPORT_TOO: Final = {"qa-pdf-dicom": "QA/report-pdf.dcm"}
INSTANCES_MAX: Final = 5000
BYTES_MAX: Final = 2 * 1024**3


class ExportLocked(Conflict):
    code = "export_locked"


def plan_export(*, user: User, plan_id: UUID, profile: str = "") -> Export:
    """The files of an approved plan, ready to be sent. ``profile`` is the planning system whose
    demands they must meet, if any.

    Raises ``ExportLocked`` while the plan is not approved, ``Refused`` (export_incomplete,
    export_too_large, profile_unknown, profile_refused) and the errors of the pacs.
    """
    require(user, "plan.export")
    plan = Plan.objects.defer("result").filter(pk=plan_id).first()
    if plan is None:
        raise NotFound("There is no such plan.", code="plan_not_found")
    decision = plan.decisions.order_by("-created_at", "-id").first()
    if plan.state != UNLOCKED or decision is None:
        raise ExportLocked(f"This plan is {plan.state}: only an approved plan can be exported.")
    artifacts = {one.key: one for one in artifacts_of(plan)}
    _complete(artifacts)
    folder = _folder()
    try:
        images = _images(plan, folder / "CT")
        copies = _copies(artifacts, decision, folder)
        if profile:
            profile_check([*images, *copies], profile)
        files = (*map(_image, images), *map(_copy, copies), *_report(artifacts))
        _recorded(user, plan, decision, profile, len(files))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Export(files=files, folder=folder)


def _complete(artifacts: dict[str, Artifact]) -> None:
    missing = sorted({*REVIEWED, *REPORT} - artifacts.keys())
    partly = [key for key in (*REVIEWED, *REPORT) if key in artifacts and artifacts[key].incomplete]
    if missing or partly:
        raise Refused(
            "The plan is not whole: an object that belongs to it is missing.",
            code="export_incomplete",
            errors=[*missing, *partly],
        )
    if sum(artifacts[key].size for key in (*REVIEWED, *REPORT)) > BYTES_MAX:
        raise _too_large()


def _too_large() -> ApiError:
    return Refused("The plan is too large for one archive.", code="export_too_large")


def _images(plan: Plan, folder: Path) -> list[Path]:
    series = Series.objects.filter(series_uid=plan.inputs.get("image", "")).first()
    if series is None:
        raise Refused(
            "The images of this plan are no longer in the archive.", code="export_incomplete"
        )
    if series_instance_count(series.orthanc_id) > INSTANCES_MAX:
        raise _too_large()
    found = sorted(series_fetch(series.orthanc_id, folder))
    if sum(path.stat().st_size for path in found) > BYTES_MAX:
        raise _too_large()
    return found


def _image(path: Path) -> ExportFile:
    return ExportFile(name=f"CT/{path.name}", read=path.read_bytes)


def _copy(path: Path) -> ExportFile:
    return ExportFile(name=f"{path.stem}/{path.name}", read=path.read_bytes)


def _folder() -> Path:
    parent = Path(settings.DATA_DIR) / "runs"
    parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="export-", dir=parent))


def _copies(artifacts: dict[str, Artifact], decision: PlanDecision, folder: Path) -> list[Path]:
    """Written before anything is sent, so that what goes wrong can still be said."""
    source, out = folder / "in", folder / "out"
    source.mkdir()
    out.mkdir()
    paths = []
    for key, name in REVIEWED.items():
        path = source / f"{name}.dcm"
        with artifact_content(artifacts[key]).stream as stream, path.open("wb") as file:
            shutil.copyfileobj(stream, file)
        paths.append(path)
    reviewed_write(
        paths,
        out,
        ReviewedBy(decision_id=str(decision.pk), name=decision.by_name, at=decision.created_at),
    )
    return [out / path.name for path in paths]


def _report(artifacts: dict[str, Artifact]) -> list[ExportFile]:
    return [
        ExportFile(name=name, read=partial(_content, artifacts[key]))
        for key, name in {**REPORT, **REPORT_TOO}.items()
        if key in artifacts
    ]


def _content(artifact: Artifact) -> bytes:
    with artifact_content(artifact).stream as stream:
        return stream.read()


def _recorded(user: User, plan: Plan, decision: PlanDecision, profile: str, files: int) -> None:
    audit_record(
        actor=user,
        action="plan.export",
        object_type="plan",
        object_id=plan.pk,
        study_uid=plan.study_uid,
        detail={"decision": str(decision.pk), "profile": profile, "files": files},
    )
