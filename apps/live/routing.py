"""The websockets of Synoptic. Origin, ticket and session are checked by the consumer itself."""

from __future__ import annotations

from channels.routing import URLRouter
from channels.sessions import CookieMiddleware
from django.urls import URLPattern, path

from apps.live.consumer import LiveConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("ws/v1/live", LiveConsumer.as_asgi())  # type: ignore[list-item, arg-type]
]
websocket_application = CookieMiddleware(URLRouter(websocket_urlpatterns))
