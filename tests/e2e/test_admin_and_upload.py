"""The administration, uploads by drag and drop, and the people who may not."""

from __future__ import annotations

import re
import socket
import time
import zipfile
from pathlib import Path

import httpx
import pydicom.data
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Product, picture

SHIPPED = list(Path("ml/pipelines").glob("*/manifest.toml"))
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_the_registry_shows_card_version_digest_and_switch(page: Page) -> None:
    page.goto("/admin/registry/pipelineversion/")
    rows = page.locator("#result_list tbody tr")
    expect(rows).to_have_count(len(SHIPPED))
    expect(rows.filter(has_text="available")).to_have_count(len(SHIPPED))
    page.get_by_role("link", name="Head segmentation").click()
    digest = page.locator("#weights-group code").first
    expect(digest).to_be_visible()
    expect(digest).to_have_text(re.compile("^[0-9a-f]{64}$"))
    expect(page.locator(".field-measured")).to_contain_text("mni152_dice")
    expect(page.locator("div.card")).to_contain_text("KeyMetrics")
    picture(page, "admin")


def test_a_mixed_upload_keeps_the_good_and_names_the_bad(page: Page, tmp_path: Path) -> None:
    good = Path(str(pydicom.data.get_testdata_file("CT_small.dcm")))
    picture_named_dcm = tmp_path / "photo.dcm"
    picture_named_dcm.write_bytes(b"\xff\xd8\xff\xe0" + b"0" * 400)
    empty = tmp_path / "empty.dcm"
    empty.write_bytes(b"")
    bundle = tmp_path / "bundle.zip"
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.write(good, "a/CT_small.dcm")
        archive.writestr("../../escape.dcm", b"x")
    page.goto("/")
    page.get_by_role("button", name="Upload").first.click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("menuitem", name="Files or zip…").click()
    chooser.value.set_files([picture_named_dcm, empty, bundle])
    dock = page.get_by_role("region", name="Upload")
    expect(dock.get_by_text("refused")).to_be_visible(timeout=30_000)
    for name in ("photo.dcm", "empty.dcm", "escape.dcm"):
        expect(dock.get_by_text(name)).to_be_visible()
    picture(page, "upload")
    expect(page.get_by_role("row").filter(has_text="CompressedSamples")).to_have_count(1)


def test_who_is_not_signed_in_sees_nothing(browser: Browser, product: Product) -> None:
    stranger = browser.new_context(base_url=product.address)
    page = stranger.new_page()
    page.goto("/")
    assert "/accounts/login/" in page.url
    for path in ("/api/v1/studies", "/dicomweb/studies", "/api/v1/jobs"):
        assert stranger.request.get(path).status in (401, 403)
    stranger.close()


def test_the_description_of_the_api_needs_no_network(page: Page) -> None:
    page.goto("/api/v1/docs/")
    expect(page.get_by_text("/api/v1/studies").first).to_be_visible()


def test_no_patient_is_named_in_any_log(product: Product, api: httpx.Client) -> None:
    api.get("/studies", params={"q": "Colin"})
    for log in (product.data_dir / "logs").glob("*.log"):
        text = log.read_text(errors="replace")
        assert "Colin" not in text, log.name
        assert "SAMPLE-COLIN27" not in text, log.name


def test_a_program_gets_problems_not_pages(api: httpx.Client) -> None:
    answer = api.get("/studies/1.2.3.4")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert set(answer.json()) >= {"type", "title", "status", "detail", "code"}


def test_an_upload_cut_off_in_the_middle_stores_nothing(
    api: httpx.Client, product: Product
) -> None:
    before = api.get("/studies").json()["total"]
    good = Path(str(pydicom.data.get_testdata_file("MR_small.dcm"))).read_bytes()
    head = (
        "POST /api/v1/uploads HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999\r\n"
        f"Authorization: {api.headers['Authorization']}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="files"; filename="a.dcm"\r\n\r\n'
    ).encode()
    port = int(product.address.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as sender:
        sender.sendall(head + good)
        time.sleep(0.5)
    time.sleep(1)
    assert api.get("/studies").json()["total"] == before
    assert not [path for path in (product.data_dir / "uploads").glob("**/*") if path.is_file()]
