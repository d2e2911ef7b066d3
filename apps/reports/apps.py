from __future__ import annotations

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "apps.reports"
    label = "reports"

    def ready(self) -> None:
        from apps.jobs.signals import job_finishing
        from apps.reports.services.build import on_job_finishing

        job_finishing.connect(on_job_finishing, dispatch_uid="reports")
