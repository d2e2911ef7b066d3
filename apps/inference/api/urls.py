from django.urls import URLPattern, path

from apps.inference.api import views

urlpatterns: list[URLPattern] = [
    path("jobs", views.JobsView.as_view(), name="jobs"),
    path("jobs/<uuid:job_id>/retry", views.JobRetryView.as_view(), name="job-retry"),
    path("jobs/<uuid:job_id>/capsule", views.JobCapsuleView.as_view(), name="job-capsule"),
    path(
        "pipelines/<slug:name>/eligibility",
        views.EligibilityView.as_view(),
        name="pipeline-eligibility",
    ),
    path("artifacts", views.ArtifactsView.as_view(), name="artifacts"),
    path("artifacts/<uuid:artifact_id>", views.ArtifactView.as_view(), name="artifact"),
    path(
        "artifacts/<uuid:artifact_id>/content",
        views.ArtifactContentView.as_view(),
        name="artifact-content",
    ),
]
