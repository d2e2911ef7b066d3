"""The API's own description: OpenAPI 3.1, and a page to browse and try it that needs no network."""

from __future__ import annotations

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from apps.accounts.policy import SignedIn


class SchemaView(SpectacularAPIView):
    permission_classes = [SignedIn]


class DocsView(SpectacularSwaggerSplitView):
    """Script and page are separate answers, as the content security policy wants it."""

    permission_classes = [SignedIn]
    url_name = "schema"
