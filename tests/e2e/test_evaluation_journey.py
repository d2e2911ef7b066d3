"""A researcher's way from measured files to a comparison, and what everybody sees of the models.

Mocked: nothing. The evaluations are really measured (tests/support/evaluations.py).
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import picture

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

MEASURED = Path(__file__).parent / "evaluations"


def test_runs_are_imported_compared_and_downloaded(page: Page, tmp_path: Path) -> None:
    page.goto("/")
    page.get_by_role("link", name="Evaluations").click()
    expect(page.get_by_role("heading", name="No evaluations yet")).to_be_visible()
    expect(page.get_by_text("python -m ml evaluate").first).to_be_visible()
    picture(page, "evaluations-empty")

    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    names = ("smooth", "noisy", "partial")
    files = [*(MEASURED / f"{name}.json" for name in names), broken]
    page.get_by_label("Evaluation files").set_input_files(files)
    expect(page.get_by_text("3 evaluations imported.")).to_be_visible(timeout=20_000)
    expect(page.get_by_text(re.compile("broken.json was not imported"))).to_be_visible()
    expect(page.get_by_text("SIMULATED")).to_have_count(3)
    expect(page.get_by_text("INCOMPLETE · 1 case missing")).to_be_visible()

    smooth = page.get_by_role("checkbox", name="Choose smooth for the comparison")
    smooth.focus()
    page.keyboard.press("Space")
    page.get_by_role("checkbox", name="Choose noisy for the comparison").check()
    picture(page, "evaluations")
    page.get_by_role("button", name="Compare", exact=True).click()

    pixel = page.get_by_role("region", name="Pixel tier")
    error = pixel.get_by_role("row", name=re.compile("^whole")).first
    # The first comparison of a web process loads scipy.
    expect(error.get_by_label("Best beyond the intervals")).to_be_visible(timeout=30_000)
    expect(error).to_contain_text("*")
    expect(error.get_by_role("img", name=re.compile("run 1: .*floor"))).to_be_visible()
    expect(page.get_by_role("region", name="Feature tier")).to_be_visible()
    page.get_by_role("button", name="Copy the command of smooth").click()
    picture(page, "evaluations-compare")
    page.get_by_label("Subjects").select_option("scanner=A")
    page.get_by_label("Metric").select_option("mae")
    expect(page.get_by_role("region", name="Feature tier")).to_have_count(0)
    expect(error).to_contain_text("n = 3")
    expect(error).to_contain_text("*")

    with page.expect_download() as download:
        page.get_by_role("link", name="JSON").first.click()
    assert download.value.path().read_bytes() == (MEASURED / "smooth.json").read_bytes()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").first.click()
    assert download.value.path().read_text().startswith("tier,metric,structure")


def test_the_models_are_shown_with_metrics_and_card(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Models").click()
    page.get_by_role("link", name="Head segmentation").click()
    expect(page.get_by_role("heading", name="Limitations")).to_be_visible()
    file = page.get_by_role("listitem").filter(has=page.get_by_text("head_unet", exact=True))
    file.get_by_text(re.compile("^Metrics")).click()
    expect(file.get_by_text("checkpoint sha256").first).to_be_visible()
    picture(page, "model")
    with page.expect_download() as download:
        page.get_by_role("link", name="CHAI card (JSON)").click()
    card = json.loads(download.value.path().read_text())
    assert card["AppliedModelCard"]["BasicInfo"]["ModelName"].startswith("Head segmentation")
