from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "apps.jobs"
    label = "jobs"

    def ready(self) -> None:
        from apps.jobs.extension import StudyJobs
        from apps.studies.extensions import study_extension_add

        study_extension_add("jobs", StudyJobs())
