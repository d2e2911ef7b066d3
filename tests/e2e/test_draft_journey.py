"""The main job in the browser: a draft that streams, stops, survives a reload, and is stored."""

from __future__ import annotations

import os
import re
import signal
import time

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import Product, picture

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
DRAFT_MS = 300_000


def open_colin(page: Page) -> str:
    page.goto("/")
    page.get_by_role("row").filter(has_text="Colin 27").click()
    page.wait_for_url("**/studies/*")
    expect(page.get_by_role("button", name="Draft report", exact=True)).to_be_visible()
    return page.url.rsplit("/", 1)[1].split("?")[0]


def sentences(page: Page) -> list[str]:
    """The words of each sentence on the page, streamed or in the editor."""
    texts: list[str] = page.get_by_role("tabpanel", name="Report").evaluate(
        """panel => [...panel.querySelectorAll('textarea, li p')]
             .map(e => (e.value ?? e.textContent).trim()).filter(t => t.length > 0)"""
    )
    return texts


def test_the_list_shows_the_samples_and_finds_them_by_keyboard(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("row").filter(has_text="Colin")).to_have_count(2)
    expect(page.get_by_text("SYNTHETIC").first).to_be_visible()
    picture(page, "studies")
    page.keyboard.press("/")
    page.keyboard.type("phantom")
    expect(page.get_by_role("row").filter(has_text="Colin")).to_have_count(0)
    expect(page.get_by_role("row").filter(has_text="Phantom")).to_have_count(1)


def test_a_draft_streams_resumes_after_reload_and_is_stored(
    page: Page, context: BrowserContext, api: httpx.Client
) -> None:
    study = open_colin(page)
    page.get_by_role("button", name="Draft report", exact=True).click()
    expect(page.get_by_label("Progress")).to_be_visible()
    # The first sentence is on its way: the second tab and a reload must show the same.
    expect(page.get_by_role("heading", name="Findings", exact=True)).to_be_visible(timeout=DRAFT_MS)
    expect(page.get_by_text("The brain measures").first).to_be_visible(timeout=60_000)
    picture(page, "streaming")
    page.reload()
    expect(page.get_by_role("heading", name="Findings", exact=True)).to_be_visible()
    second = context.new_page()
    second.goto(page.url)
    editor = page.get_by_role("article", name="Draft report")
    expect(editor).to_be_visible(timeout=DRAFT_MS)
    expect(second.get_by_role("article", name="Draft report")).to_be_visible()
    assert sentences(page) == sentences(second)
    second.close()

    job = api.get("/jobs", params={"study_uid": study}).json()["results"][0]
    assert job["state"] == "succeeded"
    draft = api.get(f"/drafts/{job['draft']}").json()
    kept = [s for s in draft["sentences"] if not s["removed"]]
    assert len(kept) >= 5
    assert all(s["evidence"] for s in kept if s["linked"])
    assert {s["modality"] for s in api.get(f"/studies/{study}").json()["series"]} >= {
        "MR",
        "SEG",
        "SR",
    }
    assert draft["sr"]["sop_instance_uid"]
    header = api.get(f"/instances/{draft['sr']['sop_instance_uid']}/header").json()
    values = {row["keyword"]: row["value"] for row in header}
    assert "PARTIAL" in str(values["CompletionFlag"])
    assert "UNVERIFIED" in str(values["VerificationFlag"])


def test_evidence_moves_the_viewport_and_lights_the_structure(page: Page) -> None:
    open_study_with_draft(page)
    chip = page.get_by_role("button", name=re.compile("ventricle · slice", re.IGNORECASE)).first
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "true")
    number = re.search(r"slice (\d+)", chip.inner_text())
    assert number is not None
    # The corner text of the axial viewport names the slice that the chip named.
    expect(page.get_by_text(re.compile(rf"^{number.group(1)} / \d+")).first).to_be_visible(
        timeout=60_000
    )
    # The structure lights up in the overlay, which the legend names with its volume.
    expect(page.get_by_text(re.compile(r"^\d+(\.\d+)? ml$", re.IGNORECASE)).first).to_be_visible(
        timeout=60_000
    )
    page.wait_for_timeout(1500)
    picture(page, "evidence")


def open_study_with_draft(page: Page) -> None:
    page.goto("/")
    page.get_by_role("row").filter(has_text="Colin 27").click()
    expect(page.get_by_role("article", name="Draft report")).to_be_visible(timeout=60_000)


def test_an_edit_is_saved_and_survives_a_reload(page: Page) -> None:
    open_study_with_draft(page)
    field = page.get_by_role("textbox", name="Sentence by the model").first
    words = f"{field.input_value()} Checked."
    field.fill(words)
    expect(page.get_by_text("Saved, version 2")).to_be_visible()
    page.reload()
    expect(page.get_by_role("article", name="Draft report")).to_be_visible()
    assert words in sentences(page)


def test_stop_keeps_what_there_is_and_says_incomplete(api: httpx.Client, page: Page) -> None:
    study, _series = head_series(api, "simulated later")
    page.goto(f"/studies/{study}")
    page.get_by_role("button", name="Draft report", exact=True).click()
    expect(page.get_by_text("The brain measures").first).to_be_visible(timeout=DRAFT_MS)
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("INCOMPLETE – stopped")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("The brain measures").first).to_be_visible()
    picture(page, "stopped")
    job = api.get("/jobs", params={"study_uid": study}).json()["results"][0]
    assert (job["state"], job["incomplete"]) == ("cancelled", True)


def test_a_worker_killed_in_the_middle_leaves_one_finished_result(
    api: httpx.Client, product: Product
) -> None:
    study, series = head_series(api, "simulated later")
    before = segmentations(api, study)
    job = api.post(
        "/jobs",
        json={"pipeline": "segment_head", "inputs": {"image": series}, "params": {}},
        headers={"Idempotency-Key": "killed"},
    ).json()
    wait_for(lambda: api.get(f"/jobs/{job['id']}").json()["state"] == "running")
    time.sleep(0.5)
    os.kill(product.pids("worker-gpu")[-1], signal.SIGKILL)
    wait_for(lambda: api.get(f"/jobs/{job['id']}").json()["state"] == "succeeded", seconds=240)
    finished = api.get(f"/jobs/{job['id']}").json()
    assert finished["attempt"] >= 1
    events = api.get(f"/jobs/{job['id']}/events", params={"after": 0}).json()["events"]
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    assert [e["type"] for e in events].count("job.finished") == 1
    artifacts = api.get("/artifacts", params={"job": job["id"]}).json()["results"]
    kinds = [artifact["key"] for artifact in artifacts]
    assert len(kinds) == len(set(kinds)), kinds
    # Intake may still be on its way; a second one would not stay unseen.
    wait_for(lambda: segmentations(api, study) > before)
    time.sleep(2)
    assert len(segmentations(api, study) - before) == 1


def test_a_ct_is_refused_with_a_reason(api: httpx.Client, page: Page) -> None:
    study, series = head_series(api, "phantom")
    answer = api.post(
        "/jobs",
        json={"pipeline": "draft_report", "inputs": {"image": series}, "params": {}},
        headers={"Idempotency-Key": "ct"},
    )
    assert answer.status_code == 422
    assert answer.json()["code"] == "input_refused"
    page.goto(f"/studies/{study}")
    expect(page.get_by_text("This series does not fit")).to_be_visible()
    picture(page, "refused")


def head_series(api: httpx.Client, description: str) -> tuple[str, str]:
    study = api.get("/studies", params={"q": description}).json()["results"][0]["study_uid"]
    series = api.get(f"/studies/{study}").json()["series"]
    return study, next(s["series_uid"] for s in series if s["kind"] == "image")


def segmentations(api: httpx.Client, study: str) -> set[str]:
    series = api.get(f"/studies/{study}").json()["series"]
    return {s["series_uid"] for s in series if s["modality"] == "SEG"}


def wait_for(done: object, *, seconds: float = 60) -> None:
    assert callable(done)
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)
