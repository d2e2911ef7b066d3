"""Bulk voxels against what the files say, over the real Orthanc."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient
from pydicom.pixels.processing import apply_modality_lut
from pydicom.uid import RLELossless

from apps.accounts.models import User
from apps.pacs.store import instance_remove, instance_store
from apps.studies.models import Series, SeriesLayout
from tests.factories.dicom import SeriesFiles, ct_series
from tests.support.orthanc import Orthanc

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

Indexed = Callable[[SeriesFiles], None]


@pytest.fixture
def client(clinician: User) -> AsyncClient:
    client = AsyncClient()
    client.force_login(clinician)
    return client


async def voxels(client: AsyncClient, series_uid: str) -> bytes:
    answer: Any = await client.get(f"/api/v1/series/{series_uid}/volume")
    assert answer.status_code == 200
    chunks = [chunk async for chunk in answer]
    body = b"".join(chunks)
    assert len(body) == int(answer["content-length"])
    slices = SeriesLayout.objects.filter(series__series_uid=series_uid)
    assert len(chunks) == len((await slices.aget()).planes)
    return body


async def test_slices_come_whole_and_in_ascending_order(
    indexed: Indexed, client: AsyncClient
) -> None:
    series = ct_series(5)
    await sync_to_async(indexed)(series)
    volume = np.frombuffer(await voxels(client, series.series_uid), "<i2").reshape(5, 16, 16)
    assert [int(plane[0, 0]) for plane in volume] == [5, 4, 3, 2, 1]
    assert all((plane == plane[0, 0]).all() for plane in volume)


async def test_it_is_not_sent_again_while_it_is_the_same(
    indexed: Indexed, client: AsyncClient
) -> None:
    series = ct_series(2)
    await sync_to_async(indexed)(series)
    address = f"/api/v1/series/{series.series_uid}/volume"
    first = await client.get(address)
    again = await client.get(address, headers={"if-none-match": first["etag"]})
    assert again.status_code == 304


async def test_an_irregular_series_is_refused_with_its_reason(
    indexed: Indexed, client: AsyncClient
) -> None:
    series = ct_series(positions=[(0, 0, 0), (0, 0, 1), (0, 0, 5)])
    await sync_to_async(indexed)(series)
    answer = await client.get(f"/api/v1/series/{series.series_uid}/volume")
    assert answer.status_code == 409
    assert answer.json()["code"] == "volume_not_regular"
    assert "uneven" in answer.json()["detail"]


async def test_a_slice_that_has_gone_ends_the_stream_short(
    indexed: Indexed, client: AsyncClient
) -> None:
    from apps.pacs.errors import PacsNotFound

    series = ct_series(3)
    await sync_to_async(indexed)(series)
    layout = await SeriesLayout.objects.aget(series__series_uid=series.series_uid)
    await sync_to_async(instance_remove)(layout.instances[2]["orthanc"])
    answer: Any = await client.get(f"/api/v1/series/{series.series_uid}/volume")
    received = 0
    with pytest.raises(PacsNotFound):  # noqa: PT012 - what arrives before the end is the point
        async for chunk in answer:
            received += len(chunk)
    assert received == 2 * 16 * 16 * 2 < int(answer["content-length"])


async def test_compressed_slices_come_decoded(indexed: Indexed, client: AsyncClient) -> None:
    series = ct_series(3)
    files = []
    for file in series.files:
        dataset = pydicom.dcmread(io.BytesIO(file))
        dataset.compress(RLELossless, generate_instance_uid=False)
        out = io.BytesIO()
        dataset.save_as(out)
        files.append(out.getvalue())
    compressed = SeriesFiles(study_uid=series.study_uid, series_uid=series.series_uid, files=files)
    await sync_to_async(indexed)(compressed)
    row = await Series.objects.aget()
    assert row.transfer_syntax == RLELossless
    volume = np.frombuffer(await voxels(client, series.series_uid), "<i2").reshape(3, 16, 16)
    assert [int(plane[0, 0]) for plane in volume] == [3, 2, 1]


def from_zip(path: Path) -> Iterator[bytes]:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.endswith("/"):
                yield archive.read(name)


def by_series(files: Iterator[bytes]) -> dict[str, list[pydicom.Dataset]]:
    found: dict[str, list[pydicom.Dataset]] = {}
    for file in files:
        dataset = pydicom.dcmread(io.BytesIO(file))
        found.setdefault(str(dataset.SeriesInstanceUID), []).append(dataset)
        instance_store(file)
    return found


@pytest.mark.realdata
async def test_real_scans_arrive_as_their_files_have_them(
    orthanc: Orthanc,
    follower: object,
    settle: Callable[..., None],
    client: AsyncClient,
    realdata: Path,
) -> None:
    """CT, MR and PET of one patient (PET with a scale per slice), J2K and enhanced MR."""
    checked = set()
    for name in ("STS_048_CT_MR_PET_RTSTRUCT.zip", "XA30_enhanced_T1.zip"):
        found = await sync_to_async(by_series)(from_zip(realdata / "dicom" / name))
        await sync_to_async(settle)(
            lambda n=found: (
                Series.objects.filter(complete=True, series_uid__in=list(n)).count() == len(n)
            )
        )
        for series_uid, datasets in found.items():
            row = await Series.objects.aget(series_uid=series_uid)
            if row.geometry_kind != "regular":
                continue
            grid = (await SeriesLayout.objects.aget(series=row)).grid
            assert grid is not None
            columns, rows, slices = grid["dimensions"]
            dtype = "<f4" if grid["dtype"] == "float32" else np.dtype(grid["dtype"])
            sent = np.frombuffer(await voxels(client, series_uid), dtype)
            sent = sent.reshape(slices, rows, columns).astype(float)
            if "PerFrameFunctionalGroupsSequence" in datasets[0]:
                expected = _by_position(datasets[0])
            else:
                datasets.sort(key=lambda d: float(d.ImagePositionPatient[2]))
                planes = [
                    apply_modality_lut(d.pixel_array, d) if grid["scales"] else d.pixel_array
                    for d in datasets
                ]
                expected = np.stack(planes).astype(float)
            np.testing.assert_allclose(sent, expected, rtol=1e-6)
            checked.add(row.modality)
    assert checked == {"CT", "MR", "PT"}


def _by_position(dataset: pydicom.Dataset) -> np.ndarray:
    orientation = dataset.SharedFunctionalGroupsSequence[0].get("PlaneOrientationSequence") or (
        dataset.PerFrameFunctionalGroupsSequence[0].PlaneOrientationSequence
    )
    row, column = np.array(orientation[0].ImageOrientationPatient, float).reshape(2, 3)
    depth = [
        float(np.array(group.PlanePositionSequence[0].ImagePositionPatient) @ np.cross(row, column))
        for group in dataset.PerFrameFunctionalGroupsSequence
    ]
    return dataset.pixel_array[np.argsort(depth)].astype(float)
