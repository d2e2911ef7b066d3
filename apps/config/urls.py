"""Every address of the product. Each app names its own below ``/api/v1/``."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from apps.web.views import admin_login

API_APPS = (
    "accounts",
    "audit",
    "registry",
    "studies",
    "jobs",
    "inference",
    "reports",
    "planning",
    "longitudinal",
    "evaluation",
    "live",
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/login/", admin_login),
    path("admin/", admin.site.urls),
    *(path("api/v1/", include(f"apps.{name}.api.urls")) for name in API_APPS),
    path("dicomweb/", include("apps.pacs.api.urls")),
    path("", include("apps.web.urls")),
]

handler400 = "apps.core.errors.page_bad_request"
handler403 = "apps.core.errors.page_denied"
handler404 = "apps.core.errors.page_not_found"
handler500 = "apps.core.errors.page_server_error"
