from __future__ import annotations

import errno
import logging
from collections.abc import Callable

import pytest
from django.http import Http404
from django.test import Client
from rest_framework import exceptions
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.views import APIView

from apps.accounts.models import User
from apps.core.errors import ApiError, Refused, Unavailable, as_api_error
from apps.core.logs import PlacesFormatter

PHI = "Doe^Jane 1970-01-01"


def _answer(error: Exception) -> tuple[int, dict[str, object], str]:
    class Failing(APIView):
        authentication_classes = ()
        permission_classes = ()

        def get(self, request: object) -> None:
            raise error

    response = Failing.as_view()(APIRequestFactory().get("/"))
    response.render()
    return response.status_code, response.data, response["Content-Type"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ApiError("no"), 400, "bad_request"),
        (Refused("no", code="input_refused"), 422, "input_refused"),
        (Unavailable("later"), 503, "unavailable"),
        (Http404(), 404, "not_found"),
        (exceptions.NotAuthenticated(), 401, "not_authenticated"),
        (exceptions.PermissionDenied(), 403, "permission_denied"),
        (exceptions.MethodNotAllowed("GET"), 405, "method_not_allowed"),
        (exceptions.Throttled(wait=3), 429, "throttled"),
        (exceptions.ParseError(), 400, "parse_error"),
        (RuntimeError(PHI), 500, "internal_error"),
        (OSError(errno.ENOSPC, PHI), 507, "disk_full"),
        (OSError(errno.EACCES, PHI), 500, "internal_error"),
    ],
)
def test_every_refusal_is_problem_json(error: Exception, status: int, code: str) -> None:
    got, body, media_type = _answer(error)
    # Without a challenge to offer, DRF turns 401 into 403; the code stays.
    assert got in ({401, 403} if status == 401 else {status})
    assert media_type == "application/problem+json"
    assert body["code"] == code
    assert set(body) >= {"type", "title", "status", "detail", "code"}
    assert PHI not in str(body)


def test_validation_names_the_fields() -> None:
    told = as_api_error(exceptions.ValidationError({"name": ["too long"]}))
    assert told.code == "validation_failed"
    assert told.errors == {"name": ["too long"]}


def test_an_unknown_address_of_the_api_is_problem_json(db: None) -> None:
    answer = Client().get("/api/v1/nothing")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_an_unknown_page_is_a_page(db: None) -> None:
    answer = Client().get("/nothing")
    assert answer.status_code == 404
    assert b"<h1>" in answer.content


def test_a_body_that_is_no_json_is_refused(
    clinician: User, as_user: Callable[[User], APIClient]
) -> None:
    client = as_user(clinician)
    broken = client.generic("POST", "/api/v1/tokens", "{", content_type="application/json")
    assert (broken.status_code, broken.json()["code"]) == (400, "parse_error")
    form = client.post("/api/v1/tokens", {"name": "x"}, format="multipart")
    assert (form.status_code, form.json()["code"]) == (415, "unsupported_media_type")


def test_logs_name_the_place_of_an_error_and_never_its_text() -> None:
    def stumble() -> None:
        try:
            int(PHI)
        except ValueError as error:
            raise RuntimeError(PHI) from error

    try:
        stumble()
    except RuntimeError as error:
        info = (type(error), error, error.__traceback__)
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", (), info)
    line = PlacesFormatter("%(message)s").format(record)
    assert "builtins.RuntimeError" in line
    assert "builtins.ValueError" in line
    assert "stumble" in line
    assert "Doe" not in line
