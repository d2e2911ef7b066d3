from django.urls import path

from apps.evaluation.api import views

urlpatterns = [
    path("evaluations", views.EvaluationsView.as_view()),
    path("evaluations/compare", views.ComparisonView.as_view()),
    path("evaluations/<uuid:run_id>", views.EvaluationView.as_view()),
    path("evaluations/<uuid:run_id>/content", views.ContentView.as_view()),
    path("evaluations/<uuid:run_id>/table", views.TableView.as_view()),
]
