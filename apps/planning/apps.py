from __future__ import annotations

from django.apps import AppConfig


class PlanningConfig(AppConfig):
    name = "apps.planning"
    label = "planning"

    def ready(self) -> None:
        from apps.jobs.signals import job_finishing
        from apps.planning.extension import StudyPlans
        from apps.planning.services.follow import on_job_finishing
        from apps.studies.extensions import study_extension_add

        study_extension_add("plans", StudyPlans())
        job_finishing.connect(on_job_finishing, dispatch_uid="planning")
