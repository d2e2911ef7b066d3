"""Keyset pages: the cursor names the last row seen, so that page one thousand costs what page one
does, and rows that arrive meanwhile neither repeat nor hide others."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import ApiError

if TYPE_CHECKING:
    from rest_framework.views import APIView

LIMIT_DEFAULT = 50
LIMIT_MAX = 500
COUNT_CAP = 10_000

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[M]):
    results: list[M]
    next: str | None
    previous: str | None
    total: int


def keyset_page(
    rows: QuerySet[M],
    *,
    ordering: Sequence[str],
    cursor: str | None = None,
    limit: int = LIMIT_DEFAULT,
) -> Page[M]:
    """One page of ``rows``. ``ordering`` names columns that are never null ("-" for descending);
    the last one must be unique, usually the id. ``total`` is counted up to 10,000."""
    backwards, values = _decode(cursor, rows.model, ordering) if cursor else (False, None)
    order = [_reversed(name) for name in ordering] if backwards else list(ordering)
    chosen = rows.order_by(*order)
    if values is not None:
        chosen = chosen.filter(_beyond(order, values))
    found = list(chosen[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    if backwards:
        found.reverse()
    has_next = more if not backwards else bool(found)
    has_previous = (cursor is not None) if not backwards else more
    return Page(
        results=found,
        next=_encode(found[-1], ordering, backwards=False) if has_next and found else None,
        previous=_encode(found[0], ordering, backwards=True) if has_previous and found else None,
        total=rows.order_by()[:COUNT_CAP].count(),
    )


def _reversed(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _beyond(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows after ``values``. The bound on the first column alone is what an index can use."""
    first = order[0].lstrip("-")
    bound = Q(**{f"{first}__{'lte' if order[0].startswith('-') else 'gte'}": values[0]})
    after = Q()
    same: dict[str, Any] = {}
    for name, value in zip(order, values, strict=True):
        column = name.lstrip("-")
        after |= Q(**same, **{f"{column}__{'lt' if name.startswith('-') else 'gt'}": value})
        same[column] = value
    return bound & after


def _encode(row: Model, ordering: Sequence[str], *, backwards: bool) -> str:
    values = [getattr(row, name.lstrip("-")) for name in ordering]
    text = json.dumps([int(backwards), list(ordering), values], cls=_Encoder)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


class _Encoder(DjangoJSONEncoder):
    """Times keep their microseconds: a rounded cursor would show a row twice."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if hasattr(o, "isoformat") else super().default(o)


def _decode(cursor: str, model: type[Model], ordering: Sequence[str]) -> tuple[bool, list[Any]]:
    refused = ApiError("This cursor is not one of this list.", code="cursor_invalid")
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        backwards, made_for, values = json.loads(text)
        if made_for != list(ordering) or len(values) != len(ordering):
            raise refused
        fields = [model._meta.get_field(name.lstrip("-")) for name in ordering]
        typed = [field.to_python(v) for field, v in zip(fields, values, strict=True)]  # type: ignore[union-attr]
    except (ValueError, TypeError, OverflowError, binascii.Error, ValidationError) as error:
        raise refused from error
    return bool(backwards), typed


class KeysetPagination(BasePagination):
    """For list views: they name ``ordering`` (or ``get_ordering()``), see ``keyset_page``."""

    page: Page[Any]

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any]:
        choose = getattr(view, "get_ordering", None)
        ordering = choose() if choose else getattr(view, "ordering", ("-created_at", "id"))
        self.page = keyset_page(
            queryset,
            ordering=ordering,
            cursor=request.query_params.get("cursor") or None,
            limit=page_limit(request),
        )
        return list(self.page.results)

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {
                "results": data,
                "next": self.page.next,
                "previous": self.page.previous,
                "total": self.page.total,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        cursor = {"type": ["string", "null"]}
        return {
            "type": "object",
            "required": ["results", "next", "previous", "total"],
            "properties": {
                "results": schema,
                "next": cursor,
                "previous": cursor,
                "total": {"type": "integer", "description": f"Counted up to {COUNT_CAP}."},
            },
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        limit = {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT}
        return [
            {"name": "cursor", "in": "query", "required": False, "schema": {"type": "string"}},
            {"name": "limit", "in": "query", "required": False, "schema": limit},
        ]


def page_limit(request: Request) -> int:
    text = request.query_params.get("limit", "")
    if not text:
        return LIMIT_DEFAULT
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= LIMIT_MAX):
        raise ApiError(f"limit must lie between 1 and {LIMIT_MAX}.", code="limit_invalid")
    return int(text)
