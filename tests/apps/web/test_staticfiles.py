from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from apps.web.staticfiles import CHUNK, StaticFiles


async def _application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"django"})


@pytest.fixture
def static(tmp_path: Path, settings: Settings) -> StaticFiles:
    settings.STATIC_COLLECTED = True
    settings.STATIC_ROOT = tmp_path
    assets = tmp_path / "app" / "assets"
    assets.mkdir(parents=True)
    (assets / "viewer-DkQ3xY_a.js").write_text("x")
    (assets / "decoder-Abcd1234.wasm").write_bytes(b"\0asm" * CHUNK)
    (tmp_path / "plain.css").write_text("body{}")
    return StaticFiles(_application)


async def _receive() -> dict[str, Any]:
    raise AssertionError("static files read no body")


async def _get(
    static: StaticFiles, path: str, *, method: str = "GET", headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes, int]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    raw = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    scope = {"type": "http", "method": method, "path": path, "headers": raw}
    await static(scope, _receive, send)
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    parts = [message.get("body", b"") for message in sent[1:]]
    return sent[0]["status"], told, b"".join(parts), len(parts)


async def test_a_large_file_is_sent_in_parts_as_webassembly(static: StaticFiles) -> None:
    status, headers, body, parts = await _get(static, "/static/app/assets/decoder-Abcd1234.wasm")
    assert status == 200
    assert headers["content-type"] == "application/wasm"
    assert headers["x-content-type-options"] == "nosniff"
    assert len(body) == 4 * CHUNK == int(headers["content-length"])
    assert parts > 3


async def test_names_with_a_digest_are_kept_for_ever_others_not(static: StaticFiles) -> None:
    _, headers, _, _ = await _get(static, "/static/app/assets/viewer-DkQ3xY_a.js")
    assert "immutable" in headers["cache-control"]
    _, headers, _, _ = await _get(static, "/static/plain.css")
    assert "immutable" not in headers["cache-control"]


async def test_an_unchanged_file_is_not_sent_again(static: StaticFiles) -> None:
    _, headers, _, _ = await _get(static, "/static/plain.css")
    again = {"If-None-Match": headers["etag"]}
    status, _, body, _ = await _get(static, "/static/plain.css", headers=again)
    assert (status, body) == (304, b"")


@pytest.mark.parametrize(
    "path", ["/static/none.js", "/static/../manage.py", "/static//etc/passwd", "/static/"]
)
async def test_what_is_not_there_is_not_found(static: StaticFiles, path: str) -> None:
    status, _, body, _ = await _get(static, path)
    assert (status, body) == (404, b"")


async def test_writing_is_refused_and_other_addresses_go_on(static: StaticFiles) -> None:
    status, _, _, _ = await _get(static, "/static/plain.css", method="POST")
    assert status == 405
    status, _, body, _ = await _get(static, "/api/v1/me")
    assert (status, body) == (299, b"django")


def test_without_collecting_the_apps_files_are_known(settings: Settings) -> None:
    settings.STATIC_COLLECTED = False
    known = StaticFiles(_application).known.files
    assert "/static/core/plain.css" in known
    assert "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js" in known
