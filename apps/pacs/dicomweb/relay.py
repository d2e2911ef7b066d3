"""Passing a DICOMweb request on to Orthanc, and its answer back as it comes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import cast

import httpx
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from apps.core.errors import ApiError
from apps.pacs.client import async_client, pacs_errors, raise_for_answer, send_async
from apps.pacs.configuration import DICOM_WEB_ROOT
from apps.pacs.errors import PacsFailed
from apps.pacs.pixels import DECODED

AS_STORED = "transfer-syntax=*"
ANSWER_HEADERS = ("content-type", "content-length", "content-range", "accept-ranges")
# An answer up to this size is sent in one piece: a frame then costs one message, not ten.
WHOLE_MAX = 1024**2
CHUNK = 256 * 1024


async def relay(request: HttpRequest, path: str) -> HttpResponseBase:
    """Ask Orthanc for ``path`` on behalf of ``request``."""
    accept = request.headers.get("accept", "*/*")
    exchange = _exchange(_upstream_request(request, path, accept))
    with pacs_errors():
        answer = cast("httpx.Response", await anext(exchange))
        if answer.status_code in (400, 500) and "/frames/" in path and AS_STORED in accept:
            # Big endian, deflated and oddly fragmented pixels cannot be had as they are stored.
            await exchange.aclose()
            exchange = _exchange(_upstream_request(request, path, DECODED))
            answer = cast("httpx.Response", await anext(exchange))
        headers = {name: answer.headers[name] for name in ANSWER_HEADERS if name in answer.headers}
        # Pixels and names of patients stay out of every cache but the browser's own.
        headers["cache-control"] = "private, max-age=0, must-revalidate"
        if answer.status_code >= 300:
            await answer.aread()
            await exchange.aclose()
            _refuse(answer)
        if int(headers.get("content-length", WHOLE_MAX + 1)) <= WHOLE_MAX:
            body = b"".join([cast("bytes", chunk) async for chunk in exchange])
            return HttpResponse(body, status=answer.status_code, headers=headers)
    return StreamingHttpResponse(
        cast("AsyncGenerator[bytes, None]", exchange), status=answer.status_code, headers=headers
    )


def _upstream_request(request: HttpRequest, path: str, accept: str) -> httpx.Request:
    headers = {"accept": accept}
    if "range" in request.headers:
        headers["range"] = request.headers["range"]
    # Orthanc builds the addresses in its answers from this.
    headers["forwarded"] = f"host={request.get_host()};proto={request.scheme}"
    query = request.META.get("QUERY_STRING", "")
    return async_client().build_request(
        "GET", f"{DICOM_WEB_ROOT}{path}{'?' if query else ''}{query}", headers=headers
    )


async def _exchange(upstream: httpx.Request) -> AsyncGenerator[httpx.Response | bytes, None]:
    """First the head of the answer, then its body. One generator holds the connection from its
    first step on: whenever it is let go of, the connection is given back."""
    answer = await send_async(upstream, stream=True)
    try:
        yield answer
        async for chunk in answer.aiter_raw(CHUNK):
            yield chunk
    finally:
        await answer.aclose()


def _refuse(answer: httpx.Response) -> None:
    if answer.status_code in (400, 406, 415):
        raise ApiError(
            "The image archive cannot answer this request: check query and Accept header.",
            code="dicomweb_refused",
            status=answer.status_code,
        )
    raise_for_answer(answer.status_code, answer.content)
    raise PacsFailed(answer.status_code, "an unexpected redirect")
