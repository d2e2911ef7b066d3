"""Uploads: everything good is kept, everything else is named with its reason, nothing is left."""

from __future__ import annotations

import io
import os
import stat
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.studies.tasks import LEFT_AFTER_S, uploads_clean
from apps.studies.uploads.unpack import Allowance, ArchiveRefused, archive_files
from tests.factories.dicom import ct_series
from tests.support.orthanc import Orthanc

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

GOOD = ct_series(3)


@pytest.fixture
def client(
    as_user: Callable[[User], APIClient], researcher: User, orthanc: Orthanc, data_dir: Path
) -> APIClient:
    return as_user(researcher)


def send(client: APIClient, *files: tuple[str, bytes]) -> Any:
    sent = [SimpleUploadedFile(name, content) for name, content in files]
    return client.post("/api/v1/uploads", {"files[]": sent}, format="multipart")


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def held(orthanc: Orthanc) -> int:
    with orthanc.client() as direct:
        return len(direct.get("/instances").json())


def reasons(answer: Any) -> dict[str, str]:
    return {row["name"]: row["code"] for row in answer.json()["refused"]}


def test_good_files_are_stored_and_named(
    client: APIClient, orthanc: Orthanc, data_dir: Path
) -> None:
    answer = send(client, *((f"{i}.dcm", file) for i, file in enumerate(GOOD.files)))
    assert answer.status_code == 201
    body = answer.json()
    assert [row["sop_instance_uid"] for row in body["stored"]] == GOOD.sop_uids
    assert (body["refused"], body["studies"]) == ([], [GOOD.study_uid])
    assert held(orthanc) == 3
    assert not list((data_dir / "uploads").iterdir())
    (entry,) = AuditEntry.objects.filter(action="study.upload")
    assert entry.detail["stored"] == 3


def test_bad_files_do_not_hold_up_the_good(client: APIClient, orthanc: Orthanc) -> None:
    answer = send(
        client,
        ("first.dcm", GOOD.files[0]),
        ("empty.dcm", b""),
        ("photo.dcm", b"\xff\xd8\xff\xe0" + b"\0" * 200),
        ("patient name/letter.txt", b"Dear colleague"),
        ("cut.dcm", GOOD.files[1][:-100]),
        ("folder.zip", zipped(("a/b/last.dcm", GOOD.files[2]), ("a/notes.txt", b"notes"))),
    )
    assert answer.status_code == 201
    assert [row["name"] for row in answer.json()["stored"]] == ["first.dcm", "last.dcm"]
    assert reasons(answer) == {
        "empty.dcm": "empty_file",
        "photo.dcm": "other_format",
        "letter.txt": "not_dicom",
        "cut.dcm": "pixel_data_truncated",
        "notes.txt": "not_dicom",
    }
    assert held(orthanc) == 2


def test_nothing_stored_is_said_plainly(client: APIClient, orthanc: Orthanc) -> None:
    answer = send(client, ("a.txt", b"text"))
    assert answer.status_code == 422
    assert answer.json()["code"] == "nothing_stored"
    assert reasons(answer) == {"a.txt": "not_dicom"}
    assert client.post("/api/v1/uploads", {}, format="multipart").json()["code"] == "upload_empty"
    assert held(orthanc) == 0


def link() -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("shortcut.dcm")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def test_a_hostile_archive_gives_up_only_its_good_files(
    client: APIClient, orthanc: Orthanc, data_dir: Path
) -> None:
    answer = send(
        client,
        (
            "x.zip",
            zipped(
                ("../../../tmp/escaped.dcm", GOOD.files[0]),
                ("/etc/absolute.dcm", GOOD.files[0]),
                ("..\\..\\windows.dcm", GOOD.files[0]),
                (link(), b"/etc/passwd"),
                ("inner.zip", zipped(("deep.dcm", GOOD.files[0]))),
                ("__MACOSX/._x", b"litter"),
                (".DS_Store", b"litter"),
                ("good.dcm", GOOD.files[1]),
            ),
        ),
    )
    assert answer.status_code == 201
    assert reasons(answer) == {
        "escaped.dcm": "path_traversal",
        "absolute.dcm": "path_traversal",
        "windows.dcm": "path_traversal",
        "shortcut.dcm": "link",
        "inner.zip": "nested_archive",
    }
    assert held(orthanc) == 1
    assert not (data_dir.parent / "escaped.dcm").exists()
    assert not list((data_dir / "uploads").iterdir())


def test_a_bomb_is_refused_before_it_goes_off(client: APIClient, settings: Settings) -> None:
    bomb = zipped(("zeros.dcm", b"\0" * (150 * 1024**2)))
    assert reasons(send(client, ("bomb.zip", bomb))) == {"bomb.zip": "zip_bomb"}
    settings.UPLOAD_MAX_BYTES = 1024**2
    assert reasons(send(client, ("bomb.zip", bomb))) == {"bomb.zip": "archive_too_large"}


def test_an_archive_that_lies_about_its_size_is_stopped(
    client: APIClient, settings: Settings
) -> None:
    honest = zipped(("zeros.dcm", b"\0" * (20 * 1024**2)))
    size = (20 * 1024**2).to_bytes(4, "little")
    liar = honest.replace(size, (100).to_bytes(4, "little"))
    assert liar != honest
    settings.UPLOAD_MAX_BYTES = 1024**2
    (code,) = set(reasons(send(client, ("liar.zip", liar))).values())
    assert code in ("archive_damaged", "archive_too_large", "not_dicom")


def test_archives_with_too_many_files_or_damage_are_refused(
    client: APIClient, settings: Settings
) -> None:
    settings.UPLOAD_MAX_FILES = 3
    many = zipped(*((f"{i}.dcm", b"x") for i in range(5)))
    assert reasons(send(client, ("many.zip", many))) == {"many.zip": "too_many_files"}
    whole = zipped(("a.dcm", GOOD.files[0]))
    assert reasons(send(client, ("cut.zip", whole[:-30]))) == {"cut.zip": "archive_damaged"}
    spoilt = bytearray(whole)
    spoilt[60:90] = b"\xaa" * 30
    assert reasons(send(client, ("bad.zip", bytes(spoilt)))) == {"a.dcm": "archive_damaged"}
    assert reasons(send(client, ("none.zip", zipped()))) == {}


def test_a_file_that_the_reader_stumbles_over_is_a_reason(client: APIClient) -> None:
    whole = GOOD.files[0]
    at = whole.index(b"\x02\x00\x10\x00UI") + 6
    (length,) = struct.unpack_from("<H", whole, at)
    # A well-formed UID that is no transfer syntax.
    named = b"1.2.840.10008.1.1".ljust(length, b"\0")
    odd = whole[: at + 2] + named + whole[at + 2 + length :]
    answer = send(client, ("odd.dcm", odd), ("good.dcm", GOOD.files[1]))
    assert answer.status_code == 201
    assert reasons(answer) == {"odd.dcm": "unreadable"}
    assert [row["name"] for row in answer.json()["stored"]] == ["good.dcm"]


def test_the_true_directory_is_measured_not_a_false_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A false end of zip64 hides in what points to the true one; the comment gives its numbers."""
    count, directory = 1000, b"PK\x01\x02" * 600
    end = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, 2400, 0)
    pointer = struct.pack("<4sL8sL", b"PK\x06\x07", 0, b"PK\x06\x06" + bytes(4), 1)
    narrow = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, 2**32 - 1, 2**32 - 1, 64)
    path = tmp_path / "false.zip"
    path.write_bytes(directory + end + pointer + narrow + bytes(64))

    def read(*_: object) -> None:
        pytest.fail("the directory was read before it was measured")

    monkeypatch.setattr("apps.studies.uploads.unpack.zipfile.ZipFile", read)
    allowance = Allowance(entries=100, bytes=1024)
    with pytest.raises(ArchiveRefused) as refusal:
        list(archive_files(path, next_path=lambda: tmp_path / "entry", allowance=allowance))
    assert refusal.value.code == "too_many_files"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damage_under_any_compression_is_a_reason(client: APIClient, method: int) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("a.dcm", GOOD.files[0])
    spoilt = bytearray(buffer.getvalue())
    spoilt[50:90] = b"\xaa" * 40
    answer = send(client, ("bad.zip", bytes(spoilt)), ("good.dcm", GOOD.files[1]))
    assert answer.status_code == 201
    assert reasons(answer) == {"a.dcm": "archive_damaged"}


def test_more_files_than_an_upload_may_have_are_refused_in_words(
    client: APIClient, settings: Settings
) -> None:
    settings.UPLOAD_MAX_FILES = 2
    answer = send(client, *((f"{i}.dcm", b"x") for i in range(3)))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_files")


def test_an_upload_beyond_the_limit_is_refused(
    client: APIClient, settings: Settings, data_dir: Path, orthanc: Orthanc
) -> None:
    settings.UPLOAD_MAX_BYTES = 2000
    answer = send(client, ("a.dcm", GOOD.files[0]), ("b.dcm", GOOD.files[1]))
    assert (answer.status_code, answer.json()["code"]) == (413, "upload_too_large")
    assert held(orthanc) == 0
    assert not list((data_dir / "uploads").glob("*"))


def test_the_archive_being_away_is_said(client: APIClient, settings: Settings) -> None:
    from apps.pacs import client as pacs_client

    settings.ORTHANC_URL = "http://127.0.0.1:9"
    pacs_client._shared.cache_clear()
    answer = send(client, ("a.dcm", GOOD.files[0]))
    assert (answer.status_code, answer.json()["code"]) == (503, "pacs_unavailable")


def test_strangers_do_not_upload(
    client: APIClient, nobody: User, as_user: Callable[[User], APIClient], data_dir: Path
) -> None:
    assert send(as_user(nobody), ("a.dcm", GOOD.files[0])).status_code == 403
    assert send(APIClient(), ("a.dcm", GOOD.files[0])).status_code == 401
    assert not list((data_dir / "uploads").glob("*"))


@pytest.mark.realdata
def test_every_odd_file_is_stored_or_refused_with_a_reason(
    client: APIClient, orthanc: Orthanc, realdata: Path
) -> None:
    odd = sorted((realdata / "dicom" / "odd").iterdir())
    answer = send(client, *((path.name, path.read_bytes()) for path in odd))
    body = answer.json()
    assert len(body["stored"]) + len(body["refused"]) == len(odd) == 21
    assert {row["name"] for row in body["refused"]} == {
        "JPEGLSNearLossless_08.dcm",
        "MR_truncated.dcm",
        "UN_sequence.dcm",
        "emri_small_jpeg_2k_lossless_too_short.dcm",
        "empty_charset_LEI.dcm",
        "meta_missing_tsyntax.dcm",
        "nested_priv_SQ.dcm",
        "no_meta.dcm",
        "rtstruct.dcm",
    }
    assert all(len(row["reason"]) > 10 for row in body["refused"])


def test_what_a_killed_upload_left_is_removed(data_dir: Path) -> None:
    left, running = data_dir / "uploads" / "left", data_dir / "uploads" / "running"
    past = time.time() - LEFT_AFTER_S - 60
    for folder in (left, running):
        folder.mkdir(parents=True)
        (folder / "000001").write_text("x")
        os.utime(folder / "000001", (past, past))
        os.utime(folder, (past, past))
    (running / "000002").write_text("x")
    uploads_clean()
    assert not left.exists()
    assert running.exists()
