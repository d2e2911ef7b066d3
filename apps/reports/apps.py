from __future__ import annotations

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "apps.reports"
    label = "reports"

    def ready(self) -> None:
        from apps.jobs.signals import job_finishing
        from apps.reports.extension import StudyDrafts
        from apps.reports.services.build import on_job_finishing
        from apps.studies.extensions import study_extension_add

        study_extension_add("drafts", StudyDrafts())
        job_finishing.connect(on_job_finishing, dispatch_uid="reports")
