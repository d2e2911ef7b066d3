from django.urls import path

from apps.registry.api.views import CardView, PipelinesView, PipelineView

urlpatterns = [
    path("pipelines", PipelinesView.as_view()),
    path("pipelines/<slug:name>", PipelineView.as_view()),
    path("pipelines/<slug:name>/card", CardView.as_view()),
]
