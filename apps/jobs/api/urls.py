from django.urls import URLPattern, path

from apps.jobs.api.long_poll import job_events
from apps.jobs.api.views import JobCancelView, JobView

# The collection itself is in apps.inference: making a job needs the registry and the studies.
urlpatterns: list[URLPattern] = [
    path("jobs/<uuid:job_id>", JobView.as_view(), name="job"),
    path("jobs/<uuid:job_id>/events", job_events, name="job-events"),
    path("jobs/<uuid:job_id>/cancel", JobCancelView.as_view(), name="job-cancel"),
]
