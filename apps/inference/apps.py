from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class InferenceConfig(AppConfig):
    name = "apps.inference"
    label = "inference"

    def ready(self) -> None:
        import_module("apps.inference.worker")
