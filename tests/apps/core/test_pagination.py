from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.core.errors import ApiError
from apps.core.pagination import keyset_page
from tests.factories.accounts import user_make

ORDERINGS = [("username", "id"), ("-display_name", "id"), ("display_name", "-username", "id")]


def _walk(ordering: tuple[str, ...], limit: int) -> list[str]:
    seen: list[str] = []
    cursor = None
    while True:
        page = keyset_page(User.objects.all(), ordering=ordering, cursor=cursor, limit=limit)
        seen += [user.username for user in page.results]
        if page.next is None:
            return seen
        cursor = page.next


@pytest.mark.parametrize("ordering", ORDERINGS)
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(names=st.lists(st.sampled_from("abc"), min_size=0, max_size=9), limit=st.integers(1, 4))
def test_pages_joined_are_the_whole_list(
    db: None, ordering: tuple[str, ...], names: list[str], limit: int
) -> None:
    User.objects.all().delete()
    for number, name in enumerate(names):
        user_make(username=f"u{number}", display_name=name)
    whole = list(User.objects.order_by(*ordering).values_list("username", flat=True))
    assert _walk(ordering, limit) == whole


def test_back_again_is_the_page_before(db: None) -> None:
    for number in range(10):
        user_make(username=f"u{number}")
    ordering = ("-username", "id")
    first = keyset_page(User.objects.all(), ordering=ordering, limit=4)
    second = keyset_page(User.objects.all(), ordering=ordering, limit=4, cursor=first.next)
    back = keyset_page(User.objects.all(), ordering=ordering, limit=4, cursor=second.previous)
    assert [u.username for u in first.results] == ["u9", "u8", "u7", "u6"]
    assert [u.pk for u in back.results] == [u.pk for u in first.results]
    assert first.previous is None
    assert back.previous is None
    assert back.next == first.next
    assert first.total == 10


def test_a_row_that_arrives_meanwhile_neither_repeats_nor_hides_others(db: None) -> None:
    for number in (2, 4, 6, 8):
        user_make(username=f"u{number}")
    first = keyset_page(User.objects.all(), ordering=("username", "id"), limit=2)
    user_make(username="u1")
    rest = keyset_page(User.objects.all(), ordering=("username", "id"), limit=5, cursor=first.next)
    assert [u.username for u in rest.results] == ["u6", "u8"]


def _cursor(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "%%%",
        "e30",
        _cursor([0, ["password", "id"], ["a", "b"]]),
        _cursor([0, ["username", "id"], ["a", "not a uuid"]]),
        _cursor([0, ["username", "id"], ["a"]]),
        _cursor({"a": 1}),
        _cursor([0, ["username", "id"], 5]),
    ],
)
def test_a_forged_cursor_is_refused(db: None, cursor: str) -> None:
    with pytest.raises(ApiError) as refused:
        keyset_page(User.objects.all(), ordering=("username", "id"), cursor=cursor)
    assert refused.value.code == "cursor_invalid"


def test_a_cursor_beyond_all_numbers_is_refused(db: None) -> None:
    text = b'[0, ["seq"], [1e400]]'
    cursor = base64.urlsafe_b64encode(text).decode().rstrip("=")
    with pytest.raises(ApiError) as refused:
        keyset_page(AuditEntry.objects.all(), ordering=("seq",), cursor=cursor)
    assert refused.value.code == "cursor_invalid"


@pytest.mark.parametrize("limit", ["0", "501", "-1", "ten", "1e2"])
def test_a_limit_out_of_range_is_refused(
    administrator: User, as_user: Callable[..., object], limit: str
) -> None:
    answer = as_user(administrator).get(f"/api/v1/audit?limit={limit}")  # type: ignore[attr-defined]
    assert (answer.status_code, answer.json()["code"]) == (400, "limit_invalid")


def test_pages_cost_the_same_number_of_queries(
    db: None, django_assert_num_queries: Callable[[int], object]
) -> None:
    for number in range(30):
        user_make(username=f"u{number:02}")
    page = keyset_page(User.objects.all(), ordering=("username", "id"), limit=10)
    with django_assert_num_queries(2):  # type: ignore[attr-defined]
        keyset_page(User.objects.all(), ordering=("username", "id"), limit=10, cursor=page.next)
