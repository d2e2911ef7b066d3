"""What a person must have looked at before approving a plan. Pure."""

from __future__ import annotations

from typing import Any

from apps.planning.result import FIRST_DECIDED

IMAGES, DVH = "images", "dvh"
_TITLES = {IMAGES: "Images side by side", DVH: "Dose-volume histogram"}


def required_views(checks: list[dict[str, Any]]) -> dict[str, str]:
    """Key -> title: the images, the DVH, and every check that has failed or warned."""
    flagged = {
        f"check:{check['key']}": str(check["title"])
        for check in checks
        if check["number"] < FIRST_DECIDED and check["status"] in ("warn", "fail")
    }
    return {**_TITLES, **flagged}


def failed_checks(checks: list[dict[str, Any]]) -> list[str]:
    """The keys of the checks that have failed."""
    return [
        str(check["key"])
        for check in checks
        if check["number"] < FIRST_DECIDED and check["status"] == "fail"
    ]
