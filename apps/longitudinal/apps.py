from __future__ import annotations

from django.apps import AppConfig


class LongitudinalConfig(AppConfig):
    name = "apps.longitudinal"
    label = "longitudinal"
    verbose_name = "Follow-up"

    def ready(self) -> None:
        from apps.jobs.signals import job_finishing, job_retried
        from apps.longitudinal.card import figures_of
        from apps.longitudinal.extension import StudyFollowup
        from apps.longitudinal.services.follow import on_job_finishing, on_job_retried
        from apps.registry.extensions import figures_add
        from apps.studies.extensions import study_extension_add

        figures_add("followup", figures_of)
        study_extension_add("followup", StudyFollowup())
        job_finishing.connect(on_job_finishing, dispatch_uid="longitudinal")
        job_retried.connect(on_job_retried, dispatch_uid="longitudinal")
