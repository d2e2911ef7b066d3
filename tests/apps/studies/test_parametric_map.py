"""A map of real numbers is a volume like any other, and arrives as the numbers it holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from apps.accounts.models import User
from apps.studies.models import Series
from tests.conformance.plans import synthetic_ct
from tests.conformance.test_parametric_map import bound, write
from tests.factories.dicom import SeriesFiles

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


async def test_real_numbers_travel_as_they_are(
    indexed: Callable[[SeriesFiles], None], clinician: User, tmp_path: Path
) -> None:
    image = synthetic_ct(tmp_path)
    written = write(bound(image), image, tmp_path / "map.dcm")
    files = SeriesFiles(
        study_uid=written.study_uid,
        series_uid=written.series_uid,
        files=[(tmp_path / "map.dcm").read_bytes()],
    )
    await sync_to_async(indexed)(files)
    series = await Series.objects.aget(series_uid=written.series_uid)
    assert (series.kind, series.geometry_kind) == ("image", "regular")
    assert series.geometry_slices == image.shape[0]
    assert series.ai_generated
    client = AsyncClient()
    await client.aforce_login(clinician)
    grid = (await client.get(f"/api/v1/series/{written.series_uid}/geometry")).json()
    assert (grid["dtype"], grid["slope"], grid["intercept"]) == ("float32", 1.0, 0.0)
    answer: Any = await client.get(f"/api/v1/series/{written.series_uid}/volume")
    content = b"".join([chunk async for chunk in answer])
    values = np.frombuffer(content, "<f4").reshape(image.shape)
    np.testing.assert_array_equal(values, bound(image).array)
