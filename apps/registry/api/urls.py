from django.urls import path

from apps.registry.api.views import PipelinesView, PipelineView

urlpatterns = [
    path("pipelines", PipelinesView.as_view()),
    path("pipelines/<slug:name>", PipelineView.as_view()),
]
