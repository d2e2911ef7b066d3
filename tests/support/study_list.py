# ruff: noqa: E402 - models can be read only once Django is set up
"""Fill the index and look at the study list as a person does: pages, searches, filters.

Run as a program with the environment of the database in question; prints JSON. It is a program of
its own so that the test run, which has SQLite in memory, can look at both databases.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apps.config.settings.test")

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core import pagination
from apps.core.pagination import keyset_page
from apps.studies.api.shapes import studies_shown
from apps.studies.models import Study
from apps.studies.selectors import SORTS, studies_found
from tests.factories.studies import studies_fill

# name -> (sort, filters). Words are common, rare and absent; the middle is a page far down.
VIEWS: dict[str, tuple[str, dict[str, Any]]] = {
    **{f"sort {name}": (name, {}) for name in SORTS},
    "common word": ("-study_date", {"query": "head"}),
    "common words": ("-study_date", {"query": "mr head"}),
    "rare word": ("-study_date", {"query": "p0000003"}),
    "absent word": ("-study_date", {"query": "nobody"}),
    "name prefix": ("patient_name", {"query": "fern hana"}),
    "modality": ("-received_at", {"modality": "MR"}),
}


def look(sort: str, filters: dict[str, Any], cursor: str | None) -> Any:
    page = keyset_page(studies_found(**filters), ordering=SORTS[sort], cursor=cursor, limit=50)
    studies_shown(page.results)
    return page


def cursor_in_the_middle(sort: str) -> str | None:
    """A cursor as a client would have it after half of all pages."""
    ordering = SORTS[sort]
    half = Study.objects.order_by(*ordering)[Study.objects.count() // 2]
    return pagination._encode(half, ordering, backwards=False)


def measured(action: Callable[[], Any]) -> dict[str, Any]:
    with CaptureQueriesContext(connection) as queries:
        action()
    took = []
    for _ in range(5):
        started = time.perf_counter()
        action()
        took.append(time.perf_counter() - started)
    listing = next(query["sql"] for query in queries if "ORDER BY" in query["sql"])
    return {
        "queries": len(queries),
        "ms": round(1000 * min(took), 2),
        "plan": plan_of(listing),
    }


def plan_of(sql: str) -> str:
    prefix = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
    with connection.cursor() as cursor:
        cursor.execute(prefix + sql.replace("%", "%%"))
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("sizes", type=int, nargs="+")
    sizes = sorted(parser.parse_args().sizes)
    call_command("migrate", verbosity=0)
    result: dict[str, Any] = {}
    filled = Study.objects.count()
    for size in sizes:
        studies_fill(size - filled, start=filled)
        filled = size
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        views = {name: measured(partial(look, *view, None)) for name, view in VIEWS.items()}
        for sort in SORTS:
            cursor_text = cursor_in_the_middle(sort)
            views[f"middle {sort}"] = measured(partial(look, sort, {}, cursor_text))
        result[str(size)] = views
    print(json.dumps({"database": connection.vendor, "sizes": result}))


if __name__ == "__main__":
    main()
