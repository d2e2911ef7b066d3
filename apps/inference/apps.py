from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class InferenceConfig(AppConfig):
    name = "apps.inference"
    label = "inference"

    def ready(self) -> None:
        from apps.inference.extension import StudyArtifacts
        from apps.studies.extensions import study_extension_add

        import_module("apps.inference.worker")
        study_extension_add("artifacts", StudyArtifacts())
