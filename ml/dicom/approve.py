"""A plan's objects issued again once a person has decided on them.

The standard forbids to change an object under its UID, and copies of the first may be elsewhere
already. So a decision makes new objects in new series: plan and structure set carry the status,
time and name of the reviewer, and name what they replace (RT Plan Relationship PREDECESSOR,
Predecessor Structure Set Sequence); the references among the objects point to the new ones. An RT
Dose has no approval status of its own: it is issued again because it refers to the plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import RTDoseStorage, RTPlanStorage, RTStructureSetStorage

from ml.dicom.files import read_object
from ml.dicom.person import person_name
from ml.dicom.provenance import Written, save
from ml.dicom.rt_object import reference
from ml.dicom.uids import derived_uid

_REVIEWED = (RTPlanStorage, RTStructureSetStorage)
_ISSUED_AGAIN = (*_REVIEWED, RTDoseStorage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Who decided what and when. ``decision_id`` gives the new UIDs: the same decision written
    twice is the same objects."""

    decision_id: str
    status: Literal["APPROVED", "REJECTED"]
    reviewer: str
    at: datetime


def reviewed_copies(paths: Sequence[Path], out_dir: Path, review: Review) -> list[Written]:
    """Write the reviewed copy of each structure set, plan and dose of one plan to ``out_dir``,
    under its own file name.

    A plan stays one of research (Plan Intent) that cannot be delivered, whatever was decided.

    Raises:
        ValueError: one of the objects is of another kind, is not ``UNAPPROVED``, two files share
            a name, or the time of review has no time zone.
        InputUnreadable: a file is damaged.
    """
    if review.at.tzinfo is None:
        raise ValueError("the time of a review needs a time zone")
    if len({path.name for path in paths}) != len(paths):
        raise ValueError("the objects need different file names")
    objects = [read_object(path) for path in paths]
    for dataset in objects:
        _check(dataset)
    new_uids = {
        str(dataset.SOPInstanceUID): derived_uid(review.decision_id, str(dataset.SOPInstanceUID))
        for dataset in objects
    }
    written = []
    for path, dataset in zip(paths, objects, strict=True):
        _replace_references(dataset, new_uids)
        _issue_again(dataset, review, new_uids)
        written.append(save(dataset, out_dir / path.name))
    return written


def _check(dataset: FileDataset) -> None:
    if dataset.SOPClassUID not in _ISSUED_AGAIN:
        raise ValueError(f"a {dataset.SOPClassUID.name} is not reviewed")
    if dataset.SOPClassUID in _REVIEWED and dataset.get("ApprovalStatus") != "UNAPPROVED":
        raise ValueError("the object has been decided on already")


def _issue_again(dataset: FileDataset, review: Review, new_uids: Mapping[str, str]) -> None:
    old_uid = str(dataset.SOPInstanceUID)
    word = review.status.lower()
    dataset.SOPInstanceUID = new_uids[old_uid]
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.SeriesInstanceUID = derived_uid(review.decision_id, str(dataset.SeriesInstanceUID))
    dataset.SeriesDescription = str(dataset.SeriesDescription).replace("not approved", word)[:64]
    dataset.InstanceCreationDate = f"{review.at:%Y%m%d}"
    dataset.InstanceCreationTime = f"{review.at:%H%M%S}"
    if dataset.SOPClassUID not in _REVIEWED:
        return
    dataset.ApprovalStatus = review.status
    dataset.ReviewDate, dataset.ReviewTime = f"{review.at:%Y%m%d}", f"{review.at:%H%M%S}"
    dataset.ReviewerName = person_name(review.reviewer)
    predecessor = reference(str(dataset.SOPClassUID), old_uid)
    if dataset.SOPClassUID == RTPlanStorage:
        predecessor.RTPlanRelationship = "PREDECESSOR"
        dataset.ReferencedRTPlanSequence = [predecessor]
        dataset.RTPlanDescription = str(dataset.RTPlanDescription).replace("not approved", word)
    else:
        dataset.PredecessorStructureSetSequence = [predecessor]


def _replace_references(dataset: Dataset, new_uids: Mapping[str, str]) -> None:
    """Let everything in ``dataset`` that refers to an old object refer to the new one."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                _replace_references(item, new_uids)
        elif element.keyword == "ReferencedSOPInstanceUID":
            element.value = new_uids.get(str(element.value), element.value)
