"""Fixtures: people of each role, and clients that speak for them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import Role, User
from apps.accounts.services import token_create
from tests.factories.accounts import user_make


@pytest.fixture
def clinician(db: None) -> User:
    return user_make(username="clara", roles=[Role.CLINICIAN])


@pytest.fixture
def researcher(db: None) -> User:
    return user_make(username="rudi", roles=[Role.RESEARCHER])


@pytest.fixture
def physicist(db: None) -> User:
    return user_make(username="phila", roles=[Role.PHYSICIST])


@pytest.fixture
def administrator(db: None) -> User:
    return user_make(username="ada", roles=[Role.ADMINISTRATOR])


@pytest.fixture
def nobody(db: None) -> User:
    """An account without any role."""
    return user_make(username="norole", roles=[])


@pytest.fixture
def as_user() -> Callable[[User], APIClient]:
    """``as_user(clinician).get("/api/v1/me")``: a browser's session, with CSRF checks on."""

    def client_of(user: User) -> APIClient:
        client = APIClient(enforce_csrf_checks=True)
        client.force_login(user)
        client.get("/accounts/password/")
        client.credentials(HTTP_X_CSRFTOKEN=client.cookies["csrftoken"].value)
        return client

    return client_of


@pytest.fixture
def with_token() -> Callable[[User], APIClient]:
    """``with_token(researcher).get(…)``: a program with a bearer token."""

    def client_of(user: User) -> APIClient:
        client = APIClient(enforce_csrf_checks=True)
        secret = token_create(user=user, name="test").secret
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return client

    return client_of
