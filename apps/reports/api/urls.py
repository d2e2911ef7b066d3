from django.urls import URLPattern, path

from apps.reports.api import views

urlpatterns: list[URLPattern] = [
    path("drafts", views.DraftsView.as_view(), name="drafts"),
    path("drafts/<uuid:draft_id>", views.DraftView.as_view(), name="draft"),
    path(
        "drafts/<uuid:draft_id>/versions", views.DraftVersionsView.as_view(), name="draft-versions"
    ),
]
