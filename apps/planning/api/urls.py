from django.urls import path

from apps.planning.api import export, files, structures, views

urlpatterns = [
    path("plan-templates", views.TemplatesView.as_view()),
    path("plan-templates/<uuid:template_id>", views.TemplateView.as_view()),
    path("plan-limits", views.LimitsView.as_view()),
    path("plan-profiles", export.PlanProfilesView.as_view()),
    path("plan-chart", views.PlanChartView.as_view()),
    path("studies/<str:study_uid>/structures", structures.StructuresView.as_view()),
    path("plans", views.PlansView.as_view()),
    path("plans/<uuid:plan_id>", views.PlanView.as_view()),
    path("plans/<uuid:plan_id>/viewed", views.PlanViewedView.as_view()),
    path("plans/<uuid:plan_id>/decision", views.PlanDecisionView.as_view()),
    path("plans/<uuid:plan_id>/export", export.PlanExportView.as_view()),
    path("plans/<uuid:plan_id>/dose", files.PlanDoseView.as_view()),
    path("plans/<uuid:plan_id>/dose-grid", files.PlanDoseGridView.as_view()),
]
