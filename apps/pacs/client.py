"""The one HTTP client of Orthanc's REST API, for threads and for event loops."""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import httpx
from django.conf import settings
from pyorthanc import AsyncOrthanc, Orthanc

from apps.pacs.errors import PacsFailed, PacsNotFound, PacsUnavailable

log = logging.getLogger(__name__)

# Orthanc stops answering for some seconds while it writes a large study: reads wait longer.
TIMEOUT = httpx.Timeout(60.0, connect=5.0, pool=30.0)
# Orthanc lets go of an idle connection after half a second; we do so before.
LIMITS = httpx.Limits(max_connections=12, max_keepalive_connections=12, keepalive_expiry=0.4)
# It may still let go of one in the moment in which we use it. Everything that we ask of Orthanc can
# be asked twice: storing overwrites, deleting what has gone is no error.
LET_GO = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)


def _options() -> dict[str, Any]:
    return {
        "url": settings.ORTHANC_URL,
        "username": settings.ORTHANC_USER,
        "password": settings.ORTHANC_PASSWORD,
        # Paths are given to the client as they are written in Orthanc's own book.
        "base_url": settings.ORTHANC_URL,
        "timeout": TIMEOUT,
        "limits": LIMITS,
        # Orthanc is next door: proxies of the environment are not for it.
        "trust_env": False,
        "headers": {"accept-encoding": "identity"},
    }


@cache
def _shared() -> httpx.Client:
    client: httpx.Client = Orthanc(
        transport=httpx.HTTPTransport(retries=1, limits=LIMITS), **_options()
    )
    return client


@contextmanager
def pacs_errors() -> Iterator[None]:
    """Turn what httpx raises into what our callers understand."""
    try:
        yield
    except httpx.HTTPError as error:
        # Its text may hold an address, and with it what somebody searched for.
        log.warning("Orthanc does not answer: %s", type(error).__name__)
        raise PacsUnavailable from error


def raise_for_answer(status: int, body: bytes) -> None:
    """Raise what an answer other than a success means."""
    if status < 300:
        return
    if status == 404:
        raise PacsNotFound
    if status in (401, 403):
        raise PacsFailed(status, "our user name or password is not the one Orthanc knows")
    raise PacsFailed(status, _reason(body))


def _reason(body: bytes) -> str:
    """Orthanc's own word for the error, without its details: those may hold patient data."""
    try:
        answer = httpx.Response(200, content=body).json()
        return str(answer.get("OrthancError", "")) or "no reason given"
    except (ValueError, AttributeError):
        return "no reason given"


def request(
    method: str,
    path: str,
    *,
    params: Mapping[str, str | int] | None = None,
    content: Any = None,
    json: Any = None,
    headers: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> httpx.Response:
    """One request from a thread. Raises PacsUnavailable, PacsNotFound or PacsFailed."""
    asked = _shared().build_request(
        method,
        path,
        params=params,
        content=content,
        json=json,
        headers=headers,
        timeout=TIMEOUT if timeout is None else timeout,
    )
    with pacs_errors():
        try:
            response = _shared().send(asked)
        except LET_GO:
            response = _shared().send(asked)
    raise_for_answer(response.status_code, response.content)
    return response


def get_json(path: str, *, params: Mapping[str, str | int] | None = None) -> Any:
    return request("GET", path, params=params).json()


def get_bytes(path: str, *, headers: Mapping[str, str] | None = None) -> bytes:
    return request("GET", path, headers=headers).content


async def send_async(asked: httpx.Request, *, stream: bool = False) -> httpx.Response:
    """One request from an event loop. With ``stream`` the caller closes the answer."""
    with pacs_errors():
        try:
            return await async_client().send(asked, stream=stream)
        except LET_GO:
            return await async_client().send(asked, stream=stream)


_by_loop: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = (
    weakref.WeakKeyDictionary()
)


def async_client() -> httpx.AsyncClient:
    """The client of the running event loop, so that its connections are reused."""
    loop = asyncio.get_running_loop()
    client = _by_loop.get(loop)
    if client is None or client.is_closed:
        transport = httpx.AsyncHTTPTransport(retries=1, limits=LIMITS)
        client = _by_loop[loop] = AsyncOrthanc(transport=transport, **_options())
    return client
