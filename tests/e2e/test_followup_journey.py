"""Two visits to a change report, and a prediction that is scored when its scan arrives.

Mocked: nothing. The lesions are a real patient's (open MS data) where the real scans are beside the
repository; the tumour is simulated.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pydicom
import pytest
from playwright.sync_api import Locator, Page, expect
from pynetdicom import AE

from tests.e2e.conftest import Product, picture
from tests.e2e.patients import MS_PATIENT, ms_visits, tumour_visits
from tests.e2e.test_draft_journey import wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
WORK_MS = 400_000
AHEAD_DAYS = 90


def c_store(product: Product, folder: Path, *, kinds: tuple[str, ...] = ("MR",)) -> str:
    """Send a visit's files as a scanner does; the StudyInstanceUID."""
    files = [pydicom.dcmread(path) for path in sorted(folder.rglob("*.dcm"))]
    files = [one for one in files if one.Modality in kinds]
    entity = AE(ae_title="SCANNER")
    for sop_class in {one.SOPClassUID for one in files}:
        entity.add_requested_context(sop_class)
    port = int(product.environment["SYNOPTIC_DICOM_PORT"])
    association = entity.associate("127.0.0.1", port, ae_title="SYNOPTIC")
    assert association.is_established
    for one in files:
        assert association.send_c_store(one).Status == 0
    association.release()
    return str(files[0].StudyInstanceUID)


def series_of(api: httpx.Client, study: str, count: int) -> list[dict[str, Any]]:
    """Its series, once they are whole."""

    def whole() -> bool:
        found = api.get(f"/studies/{study}")
        series = found.json()["series"] if found.is_success else []
        return len(series) == count and all(one["complete"] for one in series)

    wait_for(whole)
    series: list[dict[str, Any]] = api.get(f"/studies/{study}").json()["series"]
    return series


def open_followup(page: Page, study: str) -> Locator:
    page.goto(f"/studies/{study}")
    page.get_by_role("link", name="Follow-up").click()
    expect(page.get_by_role("region", name="Timeline")).to_be_visible()
    return page.get_by_role("complementary", name="Follow-up")


@pytest.mark.realdata
@pytest.mark.skipif(not MS_PATIENT.is_dir(), reason="the real follow-up scans are not there")
def test_two_visits_of_a_real_patient_to_a_change_report(
    page: Page, api: httpx.Client, product: Product, tmp_path: Path
) -> None:
    before, after = (c_store(product, visit) for visit in ms_visits(tmp_path))
    base = series_of(api, before, 1)[0]["series_uid"]
    follow = series_of(api, after, 1)[0]["series_uid"]
    side = open_followup(page, after)
    page.get_by_role("combobox", name="Base").first.select_option(base)
    page.get_by_role("combobox", name="Follow-up").first.select_option(follow)
    picture(page, "followup-chosen")
    side.get_by_role("button", name="Compare", exact=True).click()
    expect(side.get_by_role("list", name="Steps")).to_be_visible(timeout=60_000)
    picture(page, "followup-running")
    expect(side.get_by_role("region", name="Comparability")).to_be_visible(timeout=WORK_MS)
    expect(side.get_by_role("region", name="Lesions")).to_be_visible()
    picture(page, "followup-change")
    side.get_by_role("button", name=re.compile("^Go to ")).first.click(timeout=120_000)
    page.wait_for_timeout(2000)
    picture(page, "followup-lesion")
    made = api.get("/comparisons", params={"study_uid": after}).json()["results"][0]["id"]
    report = api.get(f"/comparisons/{made}").json()
    assert report["content"]["comparability"]["comparable"], report["content"]["comparability"]
    assert report["content"]["days"] == 370
    assert report["lesions"]
    assert {"seg-base", "seg-follow", "sr-measurements", "change-pdf", "registration"} <= {
        one["key"] for one in report["artifacts"]
    }


def test_a_prediction_is_scored_when_its_scan_arrives(
    page: Page, api: httpx.Client, product: Product, tmp_path: Path
) -> None:
    visits = tumour_visits(tmp_path)
    studies = [c_store(product, visit) for visit in visits[:3]]
    images = [series_of(api, study, 1)[0]["series_uid"] for study in studies]
    side = open_followup(page, studies[-1])
    side.get_by_role("tab", name="Prediction").click()
    form = side.get_by_role("region", name="New prediction")
    form.get_by_role("combobox", name="Base").select_option(images[2])
    form.get_by_role("combobox", name="Earlier image").select_option(images[1])
    form.get_by_label("Days ahead", exact=True).fill(str(AHEAD_DAYS))
    form.get_by_role("combobox", name="Samples").select_option("4")
    form.get_by_role("button", name="Predict", exact=True).click()
    expect(side.get_by_role("list", name="Steps")).to_be_visible(timeout=60_000)
    picture(page, "prediction-running")
    expect(side.get_by_role("region", name="Predicted")).to_be_visible(timeout=WORK_MS)
    expect(side.get_by_text("Carried forward")).to_be_visible()
    page.wait_for_timeout(3000)
    picture(page, "prediction")
    found = api.get("/predictions", params={"study_uid": studies[-1]}).json()["results"][0]
    prediction = api.get(f"/predictions/{found['id']}").json()
    assert prediction["content"]["days"] == AHEAD_DAYS
    made = api.get(f"/studies/{studies[-1]}").json()["series"]
    predicted = [one for one in made if "PREDICTED" in one["description"]]
    assert all(one["ai_generated"] and one["synthetic"] for one in predicted)
    assert predicted

    c_store(product, visits[3])
    expect(side.get_by_role("region", name="Scores").get_by_text("Actual")).to_be_visible(
        timeout=WORK_MS
    )
    picture(page, "prediction-scored")
    side.get_by_role("tab", name="Track record").click()
    page.wait_for_timeout(1500)
    picture(page, "track-record")
    scored = api.get(f"/predictions/{found['id']}").json()["scores"]
    assert len(scored) == 1
    assert scored[0]["content"]["actual_ml"] > 0
    record = api.get("/track-records/predict_followup").json()
    assert record
    see_three_visits_together(page, side, images[0])


def see_three_visits_together(page: Page, side: Locator, base: str) -> None:
    """Two later visits are registered to the first and shown beside it."""
    side.get_by_role("tab", name="Change").click()
    page.get_by_role("combobox", name="Base").first.select_option(base)
    more = side.get_by_role("region", name="More visits")
    more.get_by_role("checkbox").last.uncheck()
    more.get_by_role("button", name="Register 2 to the base").click()
    expect(more.get_by_text(re.compile(", registered$"))).to_have_count(2, timeout=WORK_MS)
    layers = page.get_by_role("complementary", name="Layers")
    layers.get_by_text("Side by side").click()
    layers.get_by_role("group", name="Also beside").locator("label").first.click()
    twins = page.locator("[data-pane=twin]")
    expect(twins).to_have_count(2)
    expect(twins.get_by_text(re.compile("^Loading the image|^No second"))).to_have_count(
        0, timeout=60_000
    )
    expect(twins.get_by_text("REGISTERED")).to_have_count(2)
    page.wait_for_timeout(1500)
    picture(page, "three-visits")
