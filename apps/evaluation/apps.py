from __future__ import annotations

from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    name = "apps.evaluation"
    label = "evaluation"
    verbose_name = "Evaluations"

    def ready(self) -> None:
        from apps.evaluation.card import figures_of
        from apps.registry.extensions import figures_add

        figures_add("evaluation", figures_of)
