"""The API's description in the repository is what the code serves; the front end's types and
foreign clients are made from it."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from tests.support.processes import REPOSITORY

SNAPSHOT = REPOSITORY / "frontend" / "openapi.json"
HOW = "Run: manage.py spectacular --format openapi-json --file frontend/openapi.json"
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def served() -> dict[str, Any]:
    out = StringIO()
    call_command("spectacular", format="openapi-json", stdout=out, fail_on_warn=True)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_the_snapshot_is_current(served: dict[str, Any]) -> None:
    assert SNAPSHOT.is_file(), HOW
    assert json.loads(SNAPSHOT.read_text()) == served, HOW


def test_it_is_openapi_3_1(served: dict[str, Any]) -> None:
    assert served["openapi"].startswith("3.1")
    assert set(served["components"]["securitySchemes"]) == {"bearer", "cookieAuth"}


def _operations(served: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, methods in served["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def test_every_operation_says_who_may_and_how_it_refuses(served: dict[str, Any]) -> None:
    operations = _operations(served)
    assert len(operations) > 30
    for name, operation in operations:
        assert operation["security"], name
        problem = operation["responses"]["default"]["content"]["application/problem+json"]
        assert problem["schema"]["$ref"].endswith("/Problem"), name


def test_operations_have_names_of_their_own(served: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in _operations(served)]
    assert len(names) == len(set(names))
    # A number at the end is what the generator adds where two would be called the same.
    assert not [name for name in names if name[-1].isdigit()]
