from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from apps.accounts.models import User
from tests.factories.evaluations import evaluation_make

Send = Callable[..., Any]


def content_of(**changes: Any) -> bytes:
    return json.dumps(evaluation_make(**changes)).encode()


@pytest.fixture
def send(researcher: User, as_user: Callable[[User], APIClient]) -> Send:
    """``send(content, title="…")``: an import by the researcher, as the page does it."""
    client = as_user(researcher)

    def sent(content: bytes | None = None, **fields: str) -> Any:
        file = SimpleUploadedFile("evaluation.json", content_of() if content is None else content)
        return client.post("/api/v1/evaluations", {"file": file, **fields}, format="multipart")

    return sent
