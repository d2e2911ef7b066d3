"""DICOMweb through our own addresses, against the real Orthanc."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from django.test import AsyncClient
from pytest_django import Settings

from apps.accounts import policy
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.pacs.store import instance_remove, instance_store
from tests.factories.dicom import SeriesFiles, as_file, ct_series, ct_slice
from tests.support.orthanc import Orthanc

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

NATIVE = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
PLAIN = 'multipart/related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.1'


@pytest.fixture
def client(clinician: User) -> AsyncClient:
    client = AsyncClient()
    client.force_login(clinician)
    return client


@pytest.fixture
def stored(orthanc: Orthanc) -> SeriesFiles:
    series = ct_series(3)
    for file in series.files:
        instance_store(file)
    return series


def part_of(body: bytes) -> bytes:
    """The content of the one part of a multipart body."""
    mark = body[: body.index(b"\r\n")]
    return body[body.index(b"\r\n\r\n") + 4 : body.rindex(b"\r\n" + mark)]


async def body_of(answer: Any) -> bytes:
    if not answer.streaming:
        return bytes(answer.content)
    return b"".join([chunk async for chunk in answer])


def multipart(parts: list[bytes]) -> bytes:
    heads = (b"--edge\r\nContent-Type: application/dicom\r\n\r\n" + part for part in parts)
    return b"\r\n".join([*heads, b"--edge--\r\n"])


STOW_TYPE = 'multipart/related; type="application/dicom"; boundary=edge'


async def test_a_query_names_our_own_addresses(client: AsyncClient, stored: SeriesFiles) -> None:
    answer = await client.get("/dicomweb/studies", headers={"accept": "application/dicom+json"})
    (study,) = answer.json()
    assert study["0020000D"]["Value"] == [stored.study_uid]
    url = f"http://testserver/dicomweb/studies/{stored.study_uid}"
    assert study["00081190"]["Value"] == [url]


async def test_a_frame_comes_whole_and_stays_out_of_shared_caches(
    client: AsyncClient, stored: SeriesFiles
) -> None:
    address = (
        f"/dicomweb/studies/{stored.study_uid}/series/{stored.series_uid}"
        f"/instances/{stored.sop_uids[1]}/frames/1"
    )
    answer = await client.get(address, headers={"accept": NATIVE})
    assert answer.status_code == 200
    assert part_of(answer.content) == np.full((16, 16), 2, "<i2").tobytes()
    assert "private" in answer["cache-control"]


async def test_a_whole_series_streams(client: AsyncClient, stored: SeriesFiles) -> None:
    answer = await client.get(
        f"/dicomweb/studies/{stored.study_uid}/series/{stored.series_uid}",
        headers={"accept": 'multipart/related; type="application/dicom"'},
    )
    body = await body_of(answer)
    assert all(uid.encode() in body for uid in stored.sop_uids)


async def test_looking_is_recorded_once_a_sitting(client: AsyncClient, stored: SeriesFiles) -> None:
    for _ in range(3):
        await client.get(f"/dicomweb/studies/{stored.study_uid}/metadata")
    views = AuditEntry.objects.filter(action="study.view", study_uid=stored.study_uid)
    assert await views.acount() == 1


async def test_taking_whole_objects_is_an_export(
    client: AsyncClient, stored: SeriesFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = f"/dicomweb/studies/{stored.study_uid}"
    series = f"{study}/series/{stored.series_uid}"
    instance = f"{series}/instances/{stored.sop_uids[0]}"
    for address in (study, series, instance, f"{instance}/metadata", f"{series}/instances"):
        await body_of(await client.get(address))
    exports = AuditEntry.objects.filter(action="artifact.export", study_uid=stored.study_uid)
    taken = exports.order_by("seq").values_list("object_type", "object_id")
    assert [row async for row in taken] == [
        ("study", stored.study_uid),
        ("series", stored.series_uid),
        ("instance", stored.sop_uids[0]),
    ]
    monkeypatch.setitem(policy.TABLE, "artifact.export", {})
    assert (await client.get(series)).status_code == 403
    assert (await client.get(f"{series}/metadata")).status_code == 200


async def test_what_is_not_there_is_a_problem_in_our_words(
    client: AsyncClient, orthanc: Orthanc
) -> None:
    answer = await client.get("/dicomweb/studies/1.2.3/metadata")
    assert answer.status_code in (200, 404)
    unknown = await client.get("/dicomweb/servers")
    assert unknown.status_code == 404
    assert unknown.json()["code"] == "not_found"
    refused = await client.get("/dicomweb/studies?limit=all")
    assert refused.status_code == 400
    assert refused.json()["code"] == "dicomweb_refused"
    assert "orthanc" not in refused.content.decode().lower()


async def test_without_orthanc_it_says_so(client: AsyncClient, settings: Settings) -> None:
    settings.ORTHANC_URL = "http://127.0.0.1:9"
    answer = await client.get("/dicomweb/studies")
    assert answer.status_code == 503
    assert answer.json()["code"] == "pacs_unavailable"


async def test_strangers_and_accounts_without_a_role_see_nothing(
    stored: SeriesFiles, nobody: User
) -> None:
    address = f"/dicomweb/studies/{stored.study_uid}"
    assert (await AsyncClient().get(address)).status_code == 401
    client = AsyncClient()
    await client.aforce_login(nobody)
    assert (await client.get(address)).status_code == 403


async def test_stow_keeps_the_good_and_names_the_bad(
    client: AsyncClient, orthanc: Orthanc, data_dir: Path
) -> None:
    series = ct_series(2)
    answer = await client.post(
        "/dicomweb/studies",
        data=multipart([*series.files, b"not dicom"]),
        content_type=STOW_TYPE,
    )
    assert answer.status_code == 202
    body = answer.json()
    kept = [item["00081155"]["Value"][0] for item in body["00081199"]["Value"]]
    assert kept == series.sop_uids
    assert body["00081198"]["Value"] == [{"00081197": {"vr": "US", "Value": [0xC000]}}]
    with orthanc.client() as direct:
        assert len(direct.get("/instances").json()) == 2
    assert not list((data_dir / "uploads").iterdir())


async def test_stow_to_a_study_refuses_another(
    client: AsyncClient, orthanc: Orthanc, data_dir: Path
) -> None:
    stranger = as_file(ct_slice(number=1, position=(0, 0, 0)))
    answer = await client.post(
        "/dicomweb/studies/1.2.3", data=multipart([stranger]), content_type=STOW_TYPE
    )
    assert answer.status_code == 409
    with orthanc.client() as direct:
        assert direct.get("/instances").json() == []


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"--", STOW_TYPE, 400),
        (multipart([b"x"])[:-12], STOW_TYPE, 400),
        (multipart([b"x"]), "application/dicom", 415),
        (multipart([b"x"]), 'multipart/related; type="application/dicom"', 400),
    ],
)
async def test_a_broken_stow_request_is_refused(
    client: AsyncClient, data_dir: Path, body: bytes, content_type: str, status: int
) -> None:
    answer = await client.post("/dicomweb/studies", data=body, content_type=content_type)
    assert answer.status_code == status
    assert answer["content-type"] == "application/problem+json"


@pytest.mark.realdata
async def test_every_transfer_syntax_reaches_the_viewer(
    client: AsyncClient, orthanc: Orthanc, realdata: Path
) -> None:
    """As it is stored, for the viewer's own decoders, or as plain voxels where that cannot be."""
    for path in sorted((realdata / "dicom" / "transfer_syntaxes").iterdir()):
        if "truncated" in path.name or "badVR" in path.name:
            continue
        dataset = pydicom.dcmread(path)
        kept = instance_store(path)
        address = (
            f"/dicomweb/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
            f"/instances/{dataset.SOPInstanceUID}/frames/1"
        )
        native = await client.get(address, headers={"accept": NATIVE})
        plain = await client.get(address, headers={"accept": PLAIN})
        assert (native.status_code, plain.status_code) == (200, 200), path.name
        expected = dataset.Rows * dataset.Columns * dataset.SamplesPerPixel * dataset.BitsAllocated
        assert abs(len(part_of(await body_of(plain))) - expected / 8) <= 1, path.name
        # Several of these files claim to be the same instance of differently spelt patients.
        instance_remove(kept.orthanc_id)
