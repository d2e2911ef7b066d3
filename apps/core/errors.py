"""One error type for the API, and one shape on the wire: problem+json (RFC 9457).

``code`` is stable and meant for programs, ``user_message`` is meant for people and free of patient
data, ``permanent`` says that the same request cannot succeed later.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework import exceptions
from rest_framework.response import Response

PROBLEM_TYPE = "application/problem+json"
MACHINE_PREFIXES = ("/api/", "/dicomweb/", "/healthz")

log = logging.getLogger(__name__)


class ApiError(Exception):
    """Base of everything that a request is refused with on purpose."""

    status = 400
    code = "bad_request"
    permanent = True

    def __init__(
        self,
        user_message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        permanent: bool | None = None,
        errors: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(user_message)
        self.user_message = user_message
        self.code = self.code if code is None else code
        self.status = self.status if status is None else status
        self.permanent = self.permanent if permanent is None else permanent
        self.errors = errors
        self.headers = dict(headers or {})


class Unauthenticated(ApiError):
    status = 401
    code = "not_authenticated"


class Denied(ApiError):
    status = 403
    code = "permission_denied"


class NotFound(ApiError):
    status = 404
    code = "not_found"


class Conflict(ApiError):
    status = 409
    code = "conflict"


class Refused(ApiError):
    """Understood, but what it asks for does not fit."""

    status = 422
    code = "refused"


class Unavailable(ApiError):
    """A part that is needed does not answer. Worth trying again."""

    status = 503
    code = "unavailable"
    permanent = False


class DiskFull(ApiError):
    status = 507
    code = "disk_full"
    permanent = False

    def __init__(self) -> None:
        super().__init__("The disk of the server is full. An administrator must make room.")


def problem_body(*, status: int, code: str, detail: str, errors: Any = None) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if errors is not None:
        body["errors"] = errors
    return body


def problem(error: ApiError) -> JsonResponse:
    """The answer of a view outside DRF."""
    body = problem_body(
        status=error.status, code=error.code, detail=error.user_message, errors=error.errors
    )
    response = JsonResponse(body, status=error.status, content_type=PROBLEM_TYPE)
    for name, value in error.headers.items():
        response[name] = value
    return response


def as_api_error(error: Exception) -> ApiError:
    """What a client is told about any exception; of an unforeseen one only that it happened."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, Http404):
        return NotFound("There is nothing at this address.")
    if isinstance(error, PermissionDenied):
        return Denied("You may not do this.")
    if isinstance(error, exceptions.ValidationError):
        return ApiError("The request does not fit.", code="validation_failed", errors=error.detail)
    if isinstance(error, exceptions.APIException):
        return ApiError(
            str(error.detail),
            code=str(error.default_code),
            status=error.status_code,
            permanent=error.status_code not in (429, 503),
            headers=_retry_and_challenge(error),
        )
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return DiskFull()
    return ApiError(
        "Something went wrong on our side. It has been logged.",
        code="internal_error",
        status=500,
        permanent=False,
    )


def _retry_and_challenge(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(challenge)
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    return headers


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler."""
    from rest_framework.views import set_rollback  # it imports the settings that name this module

    told = as_api_error(error)
    set_rollback()
    if told.code in ("internal_error", "disk_full"):
        view = type(context.get("view")).__name__
        log.error("unforeseen %s in %s", type(error).__name__, view, exc_info=error)
    body = problem_body(
        status=told.status, code=told.code, detail=told.user_message, errors=told.errors
    )
    return Response(body, status=told.status, headers=told.headers, content_type=PROBLEM_TYPE)


def _page(request: HttpRequest, error: ApiError) -> HttpResponse:
    if request.path.startswith(MACHINE_PREFIXES):
        return problem(error)
    context = {"status": error.status, "message": error.user_message}
    return render(request, "core/error.html", context, status=error.status)


def page_bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    return _page(request, ApiError("The request could not be understood."))


def page_denied(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    return _page(request, Denied("You may not see this."))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    return _page(request, NotFound("There is nothing at this address."))


def page_server_error(request: HttpRequest) -> HttpResponse:
    return _page(request, as_api_error(RuntimeError()))
