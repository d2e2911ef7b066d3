"""From an uploaded MR to an approved export: synthetic CT, plan, checks, decision, in the browser.

With the real scans beside the repository it is a real patient (STS_048: MR, CT and the tumour
outlined on both), else a phantom limb. Mocked: nothing.
"""

from __future__ import annotations

import os
import re
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import httpx
import numpy as np
import pydicom
import pytest
from playwright.sync_api import Page, expect

from ml.dicom.provenance import Algorithm
from ml.dicom.read import read_series
from ml.dicom.write_image import write_mr
from ml.dicom.write_rtstruct import Region, write_rtstruct
from ml.pipelines.synthetic_ct.fixture import limb
from tests.e2e.conftest import REPOSITORY, picture
from tests.e2e.test_draft_journey import wait_for
from tests.ml.dicom.series import new_series
from tests.ml.dicom.series import study as study_header

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
WORK_MS = 400_000
PHANTOM = replace(new_series("phantom-limb"), body_part="THIGH")
REASON = "Checked against the CT of the same day for this research project."


def patient_files(folder: Path) -> list[Path]:
    """The real patient where there is one, else a phantom limb with a ball as its tumour."""
    root = Path(os.environ.get("SYNOPTIC_REALDATA_DIR", REPOSITORY.parent / "shared/data"))
    bundles = sorted((root / "dicom").glob("STS_048*.zip"))
    if bundles:
        with zipfile.ZipFile(bundles[0]) as bundle:
            bundle.extractall(folder)
        return [path for path in folder.rglob("*") if path.is_file() and "PET" not in path.parts]
    mr, _ = limb(shape=(24, 128, 120))
    write_mr(mr, folder / "mr", study=study_header(), series=PHANTOM)
    image = read_series(folder / "mr")
    z, y, x = np.meshgrid(*(np.arange(n) for n in mr.shape), indexing="ij")
    ball = np.hypot(np.hypot((z - 12) * 3.27, y - 84), x - 50) < 14
    write_rtstruct(
        [Region(name="GTV_phantom", mask=ball, interpreted_type="GTV", colour=(255, 0, 0))],
        image,
        algorithm=Algorithm(name="Phantom", version="1"),
        run_id="44444444-4444-4444-8444-444444444444",
        path=folder / "gtv.dcm",
    )
    return [path for path in folder.rglob("*") if path.is_file()]


def test_from_upload_to_approved_export(page: Page, api: httpx.Client, tmp_path: Path) -> None:
    files = patient_files(tmp_path / "patient")
    bundle = tmp_path / "patient.zip"
    with zipfile.ZipFile(bundle, "w") as archive:
        for number, path in enumerate(files):
            archive.write(path, f"{number}.dcm")
    study = str(pydicom.dcmread(files[0], stop_before_pixels=True).StudyInstanceUID)
    page.goto("/")
    page.get_by_role("button", name="Upload").first.click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("menuitem", name="Files or zip…").click()
    chooser.value.set_files([bundle])

    def whole() -> bool:
        found = api.get(f"/studies/{study}")
        series = found.json().get("series", []) if found.is_success else []
        stored: int = sum(one["instance_count"] for one in series if one["complete"])
        return stored == len(files)

    wait_for(whole)
    page.goto(f"/studies/{study}")
    page.get_by_role("link", name="Planning").click()
    page.get_by_role("button", name="Make synthetic CT").click()
    picture(page, "sct-running")

    def synthetic() -> list[dict[str, object]]:
        made = api.get(f"/studies/{study}").json()["series"]
        return [one for one in made if one["ai_generated"]]

    wait_for(lambda: len(synthetic()) == 4, seconds=400)
    page.reload()
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.get_by_text(re.compile("iteration", re.IGNORECASE)).first).to_be_visible(
        timeout=WORK_MS
    )
    picture(page, "planning-running")
    expect(page.get_by_role("tab", name="Acceptance")).to_be_visible(timeout=WORK_MS)
    picture(page, "plan")

    plan = api.get("/plans", params={"study_uid": study}).json()["results"][0]["id"]
    locked = api.get(f"/plans/{plan}/export", params={"profile": "generic"})
    assert locked.status_code == 409, locked.text

    page.get_by_role("tab", name="Acceptance").click()
    checks = page.get_by_role("list", name="Checks").get_by_role("button", expanded=False)
    while checks.count():
        checks.first.click()
    picture(page, "acceptance")
    page.get_by_role("tab", name="Decision").click()
    approve = page.get_by_role("button", name="Approve", exact=True)
    expect(approve).to_be_disabled()
    page.get_by_label("Side by side").check()
    picture(page, "side-by-side")
    expect(page.get_by_text("You have looked at everything")).to_be_visible(timeout=60_000)
    page.get_by_label("Reason, kept for good").fill(REASON)
    tick = page.get_by_role("checkbox", name=re.compile("A check has failed"))
    if tick.count():
        tick.check()
    approve.click()
    expect(page.get_by_text("Unlocked")).to_be_visible()
    picture(page, "approved")

    exported = api.get(f"/plans/{plan}/export", params={"profile": "generic"}, timeout=120)
    assert exported.status_code == 200, exported.text
    with zipfile.ZipFile(BytesIO(exported.content)) as archive:
        objects = [
            pydicom.dcmread(BytesIO(archive.read(name)), stop_before_pixels=True)
            for name in archive.namelist()
            if name.endswith(".dcm")
        ]
    kinds = {str(one.Modality): one for one in objects}
    assert {"CT", "RTSTRUCT", "RTPLAN", "RTDOSE"} <= set(kinds)
    assert kinds["RTPLAN"].ApprovalStatus == "APPROVED"
    assert kinds["RTPLAN"].PlanIntent == "RESEARCH"
    assert all(one.SyntheticData == "YES" for one in objects if one.Modality == "CT")
    decisions = api.get(f"/plans/{plan}").json()["decisions"]
    assert [(one["kind"], one["reason"]) for one in decisions] == [("approved", REASON)]
