"""Accounts for tests: a function, not a factory class, as it is typed and there is one table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from apps.accounts.models import Role, User

PASSWORD = "correct horse battery"
_number = count(1)


def user_make(
    username: str = "", *, roles: Sequence[str] = (Role.CLINICIAN,), display_name: str = ""
) -> User:
    user = User(
        username=username or f"person{next(_number)}",
        roles=list(roles),
        display_name=display_name,
    )
    user.set_password(PASSWORD)
    user.save()
    return user
