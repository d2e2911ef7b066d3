"""What every answer tells the browser it may do."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

# wasm-unsafe-eval: the image decoders are WebAssembly. blob: workers and images are made by the
# viewer from bytes that it fetched from here. Styles in attributes are how overlays are placed.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "worker-src 'self' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' blob: data:",
        "font-src 'self' data:",
        "connect-src 'self' blob: data:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
PERMISSIONS_POLICY = "camera=(), microphone=(), geolocation=(), payment=(), usb=()"


def _harden(response: HttpResponseBase) -> HttpResponseBase:
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
    # Nothing with patient data may stay in a shared cache, or behind the back button after log-out.
    response.headers.setdefault("Cache-Control", "no-store")
    return response


@sync_and_async_middleware
def security_headers(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    if inspect.iscoroutinefunction(get_response):
        next_async: Callable[[HttpRequest], Awaitable[HttpResponseBase]] = get_response

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            return _harden(await next_async(request))

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        return _harden(get_response(request))

    return answer
