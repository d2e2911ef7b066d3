"""What lies in the data folder for a study goes with it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db import transaction

from apps.inference.models import Artifact
from apps.inference.outputs import artifacts_folder


class StudyArtifacts:
    def briefs(self, study_uids: Sequence[str]) -> dict[str, dict[str, Any]]:
        del study_uids
        return {}

    def details(self, study_uid: str) -> dict[str, list[dict[str, Any]]]:
        del study_uid
        return {}

    def remove(self, study_uid: str) -> None:
        """The rows go with their jobs, the files once that is certain."""
        jobs = Artifact.objects.filter(job__study_uid=study_uid).exclude(path="")
        for job_id in set(jobs.values_list("job_id", flat=True)):
            folder = artifacts_folder() / str(job_id)
            transaction.on_commit(partial(shutil.rmtree, folder, ignore_errors=True))
