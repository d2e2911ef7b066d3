"""Static files at the ASGI level: WhiteNoise knows files and headers, a thread reads them.

WhiteNoise's own middleware is synchronous: under ASGI every answer of the product would then pass
through a thread, and every file would be read into memory whole.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.staticfiles import finders
from whitenoise import WhiteNoise

CHUNK = 256 * 1024
# The front end's build puts a digest into these names.
IMMUTABLE = re.compile(r"^/static/app/assets/.+-[\w-]{8}\.\w+$")

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Scope, Any, Any], Awaitable[None]]


class StaticFiles:
    """Answers what lies below ``STATIC_URL`` and hands everything else to ``application``."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.prefix: str = settings.STATIC_URL
        self.known = WhiteNoise(
            None,
            max_age=60,
            allow_all_origins=False,
            immutable_file_test=lambda _path, url: bool(IMMUTABLE.match(url)),
            add_headers_function=_add_headers,
        )
        if settings.STATIC_COLLECTED:
            self.known.add_files(settings.STATIC_ROOT, prefix=self.prefix)
            return
        for finder in finders.get_finders():
            for path, storage in finder.list(None):
                below = f"{storage.prefix}/" if getattr(storage, "prefix", None) else ""
                self.known.add_file_to_dictionary(f"{self.prefix}{below}{path}", storage.path(path))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self.prefix):
            await self.application(scope, receive, send)
            return
        found = self.known.files.get(scope["path"])
        if found is None:
            await _send_start(send, HTTPStatus.NOT_FOUND, [("Content-Length", "0")])
            await send({"type": "http.response.body"})
            return
        asked = {
            f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}": value.decode("latin-1")
            for name, value in scope["headers"]
        }
        response = await sync_to_async(found.get_response, thread_sensitive=False)(
            scope["method"], asked
        )
        await _send_start(send, response.status, response.headers)
        if response.file is None:
            await send({"type": "http.response.body"})
            return
        read = sync_to_async(response.file.read, thread_sensitive=False)
        try:
            while part := await read(CHUNK):
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body"})
        finally:
            response.file.close()


def _add_headers(headers: Any, _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"


async def _send_start(send: Send, status: int, headers: Iterable[tuple[str, str]]) -> None:
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": int(status), "headers": encoded})
