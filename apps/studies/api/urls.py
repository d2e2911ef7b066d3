from django.urls import path

from apps.studies.api import annotations, uploads, views, voxels

urlpatterns = [
    path("studies", views.StudiesView.as_view()),
    path("studies/<str:study_uid>", views.StudyView.as_view()),
    path("studies/<str:study_uid>/annotations", annotations.AnnotationsView.as_view()),
    path("annotations/<uuid:annotation_id>", annotations.AnnotationView.as_view()),
    path("series/<str:series_uid>", views.SeriesView.as_view()),
    path("series/<str:series_uid>/instances", views.InstancesView.as_view()),
    path("series/<str:series_uid>/geometry", views.GeometryView.as_view()),
    path("series/<str:series_uid>/volume", voxels.VolumeView.as_view()),
    path("series/<str:series_uid>/segments", voxels.SegmentsView.as_view()),
    path("series/<str:series_uid>/labelmap", voxels.LabelmapView.as_view()),
    path("instances/<str:sop_instance_uid>/header", views.HeaderView.as_view()),
    path("uploads", uploads.UploadsView.as_view()),
]
