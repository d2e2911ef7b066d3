"""What apps above this one know of a study and want shown with it: its jobs, its drafts.

They add themselves when Django starts (``AppConfig.ready``); this app does not know who they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol


class StudyExtension(Protocol):
    def briefs(self, study_uids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Fields of the study list, by study UID: ``{uid: {"active_job": id}}``. One query for
        the whole page."""
        ...

    def details(self, study_uid: str) -> dict[str, list[dict[str, Any]]]:
        """Lists of the study page: ``{"jobs": […]}``."""
        ...

    def remove(self, study_uid: str) -> None:
        """The study is being deleted: what belongs to it goes too, in the same transaction."""
        ...


_extensions: dict[str, StudyExtension] = {}


def study_extension_add(name: str, extension: StudyExtension) -> None:
    _extensions[name] = extension


def briefs(study_uids: Sequence[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {uid: {} for uid in study_uids}
    if not study_uids:
        return found
    for extension in _extensions.values():
        for uid, fields in extension.briefs(study_uids).items():
            found.setdefault(uid, {}).update(fields)
    return found


def details(study_uid: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {"jobs": [], "drafts": []}
    for extension in _extensions.values():
        found.update(extension.details(study_uid))
    return found


def remove(study_uid: str) -> None:
    """The last to have come first: it hangs on those before it."""
    for extension in reversed(_extensions.values()):
        extension.remove(study_uid)
