"""The websockets of Synoptic. Origin, ticket and session are checked by the consumer itself."""

from __future__ import annotations

from typing import Any

from channels.routing import URLRouter
from channels.sessions import CookieMiddleware
from django.urls import path

from apps.live.consumer import LiveConsumer

websocket_urlpatterns: list[Any] = [
    path("ws/v1/live", LiveConsumer.as_asgi())  # type: ignore[arg-type]
]
websocket_application = CookieMiddleware(URLRouter(websocket_urlpatterns))
