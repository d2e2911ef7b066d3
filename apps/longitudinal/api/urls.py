from django.urls import path

from apps.longitudinal.api import lesion_views, record_views, views

urlpatterns = [
    path("studies/<str:study_uid>/timeline", views.TimelineView.as_view()),
    path("studies/<str:study_uid>/treatments", views.TreatmentsView.as_view()),
    path("studies/<str:study_uid>/tracks", lesion_views.TracksView.as_view()),
    path("treatments/<uuid:treatment_id>", views.TreatmentView.as_view()),
    path("comparisons", views.ComparisonsView.as_view()),
    path("comparisons/<uuid:comparison_id>", lesion_views.ComparisonView.as_view()),
    path("comparisons/<uuid:comparison_id>/corrections", lesion_views.CorrectionsView.as_view()),
    path("predictions", views.PredictionsView.as_view()),
    path("predictions/<uuid:prediction_id>", views.PredictionView.as_view()),
    path("track-records", record_views.TrackRecordsView.as_view()),
    path("track-records/<slug:pipeline>", record_views.TrackRecordView.as_view()),
]
