"""An image of another kind: held back with a reason, and run all the same by someone who may."""

from __future__ import annotations

from pathlib import Path

import httpx
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import picture
from tests.e2e.test_draft_journey import DRAFT_MS, wait_for
from tests.ml.dicom.series import grid, mr_series

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
REASON = "A phantom of noise, to see that the model finds no brain in it."


def test_an_unusual_image_is_held_back_until_there_is_a_reason(
    api: httpx.Client, page: Page, tmp_path: Path
) -> None:
    noise = np.random.default_rng(0).integers(0, 1000, (48, 96, 96)).astype(np.uint16)
    files = mr_series(tmp_path / "noise", grid((48, 96, 96), (3.0, 2.0, 2.0), noise))
    sent = [("files", (path.name, path.read_bytes())) for path in files]
    assert len(api.post("/uploads", files=sent).json()["stored"]) == 48
    studies = {"q": "Test Person"}
    wait_for(lambda: len(api.get("/studies", params=studies).json()["results"]) == 1)
    study = api.get("/studies", params=studies).json()["results"][0]["study_uid"]
    wait_for(lambda: api.get(f"/studies/{study}").json()["series"][0]["complete"])

    page.goto(f"/studies/{study}")
    page.get_by_role("button", name="Draft report", exact=True).click()
    expect(page.get_by_text("Not run – unusual image")).to_be_visible(timeout=DRAFT_MS)
    expect(page.get_by_text("unlike those that the models were made for")).to_be_visible()
    held = api.get("/jobs", params={"study_uid": study}).json()["results"][0]
    assert held["error"]["code"] == "input_unusual"
    assert held["draft"] is None
    picture(page, "held-back")

    page.get_by_role("button", name="Run all the same…").click()
    run = page.get_by_role("dialog").get_by_role("button", name="Run all the same")
    expect(run).to_be_disabled()
    page.get_by_label("Reason").fill(REASON)
    picture(page, "override")
    run.click()
    expect(page.get_by_text("No brain of plausible size")).to_be_visible(timeout=DRAFT_MS)
    jobs = api.get("/jobs", params={"study_uid": study}).json()["results"]
    assert [job["override_reason"] for job in jobs] == [REASON, ""]
    assert jobs[0]["error"]["code"] == "input_refused"
