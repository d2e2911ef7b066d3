"""What planning needs of ``ml`` beside its runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ml.api
from apps.core.errors import Refused
from apps.core.storable import storable
from ml.contracts.errors import MlError, ParametersRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedBy:
    """Who approved a plan, and when; ``decision_id`` gives the copies their UIDs."""

    decision_id: str
    name: str
    at: dt.datetime


def template_check(body: dict[str, Any]) -> None:
    """Raises ``Refused`` (template_refused) when no plan can be made with a template."""
    if not storable(body):
        raise Refused("The template holds odd characters.", code="template_refused")
    try:
        ml.api.check_plan_template(body)
    except ParametersRefused as error:
        raise Refused(error.user_message, code="template_refused") from error


def limits_default() -> dict[str, Any]:
    """The limits of the acceptance checks as they are shipped: ``{key: {"warn", "fail"}}``."""
    return ml.api.plan_limits()


def limits_check(limits: dict[str, Any]) -> None:
    """Raises ``Refused`` (limits_refused) unless all limits are there and make sense."""
    missing = sorted(ml.api.plan_limits().keys() - limits.keys())
    if missing:
        raise Refused(
            f"These limits are missing: {', '.join(missing)}.",
            code="limits_refused",
            errors=missing,
        )
    try:
        ml.api.check_plan_limits(limits)
    except ParametersRefused as error:
        raise Refused(error.user_message, code="limits_refused") from error


def profiles() -> list[dict[str, str]]:
    """The planning systems whose demands can be checked: ``name``, ``title``, ``about``."""
    return ml.api.plan_profiles()


def profile_check(paths: Sequence[Path], profile: str) -> None:
    """Raises ``Refused``: profile_unknown, or profile_refused with every reason why the planning
    system would not import these DICOM files."""
    if profile not in {one["name"] for one in profiles()}:
        raise Refused("There is no such conformance profile.", code="profile_unknown")
    try:
        reasons = ml.api.profile_reasons(paths, profile)
    except MlError as error:
        raise Refused(error.user_message, code="profile_refused") from error
    if reasons:
        raise Refused(" ".join(reasons), code="profile_refused", errors=reasons)


def reviewed_write(paths: Sequence[Path], out_dir: Path, review: ReviewedBy) -> None:
    """Write approved copies of the objects of one plan to ``out_dir``, under their own names.
    Raises ``Refused`` (export_refused) where one of them cannot be issued again."""
    try:
        ml.api.approved_copies(
            paths,
            out_dir,
            decision_id=review.decision_id,
            reviewer=review.name,
            at=review.at,
        )
    except (MlError, ValueError) as error:
        raise Refused(
            "An object of the plan cannot be issued as approved.", code="export_refused"
        ) from error
