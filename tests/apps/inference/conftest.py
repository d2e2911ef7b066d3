from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.dicom import head_series
from tests.support.processes import wait_until
from tests.support.stack import Stack, product


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole product with one MR head series in the archive."""
    with product(tmp_path_factory.mktemp("product")) as running:
        yield running


@pytest.fixture(scope="session")
def series_uid(stack: Stack) -> str:
    """The series of ``head_series``, indexed."""
    uid, files = head_series()
    with stack.orthanc.client() as orthanc:
        for content in files:
            orthanc.post("/instances", content=content).raise_for_status()
    with stack.client() as api:
        eligible = f"pipelines/tiny_report/eligibility?series_uid={uid}"
        wait_until(lambda: bool(api.get(eligible).json()["ok"]), what="the series")
    return uid
