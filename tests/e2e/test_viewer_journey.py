"""Reading images in the browser: planes, stacks, measurements, drops, two devices, no WebGL.

Mocked: nothing. Files are dropped by the browser's own drag events, as from a file manager.
"""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import CHROMIUM_FLAGS, Product, picture
from tests.e2e.test_draft_journey import sentences, wait_for
from tests.e2e.viewer import (
    PLANES,
    bar_width,
    becomes,
    colin,
    drag,
    drop,
    gapped_with_segmentation,
    lit_pixels,
    messages_heard,
    open_images,
    pane,
    series_kinds,
    signed_in,
    slices,
    stretch,
    window_text,
)
from tests.factories.dicom import ct_series

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
DRAFT_MS = 240_000
NO_WEBGL = ["--disable-gpu", "--disable-3d-apis"]


@pytest.fixture
def drafted(api: httpx.Client) -> str:
    """Colin 27 with a finished draft and its segmentation, made here if no test has yet."""
    study = colin(api)

    def drafts() -> list[str]:
        jobs = api.get("/jobs", params={"study_uid": study}).json()["results"]
        return [j["state"] for j in jobs if j["pipeline"] == "draft_report"]

    if not set(drafts()) & {"succeeded", "running", "queued"}:
        series = api.get(f"/studies/{study}").json()["series"]
        image = next(one["series_uid"] for one in series if one["kind"] == "image")
        api.post(
            "/jobs",
            json={"pipeline": "draft_report", "inputs": {"image": image}, "params": {}},
            headers={"Idempotency-Key": "drafted"},
        ).raise_for_status()
    wait_for(lambda: "succeeded" in drafts(), seconds=DRAFT_MS / 1000)
    return study


def test_a_second_device_shows_the_running_job_as_the_first(
    browser: Browser, product: Product, page: Page, api: httpx.Client
) -> None:
    study = colin(api)
    heard = messages_heard(page)
    page.goto(f"/studies/{study}")
    start = page.get_by_role("button", name="Draft report", exact=True)
    expect(start.or_(page.get_by_role("button", name="New draft")).first).to_be_visible()
    if not start.is_visible():
        page.get_by_role("button", name="New draft").click()
    # What was heard until here is of an earlier draft.
    heard.clear()
    start.click()
    expect(page.get_by_text("The brain measures").first).to_be_visible(timeout=DRAFT_MS)

    other = signed_in(browser, product, "admin", product.password)
    second = other.new_page()
    heard_second = messages_heard(second)
    second.goto(page.url)
    expect(second.get_by_text("The brain measures").first).to_be_visible()
    shared = min(len(heard), len(heard_second))
    assert shared > 0
    assert heard[:shared] == heard_second[:shared]

    for device in (page, second):
        editor = device.get_by_role("article", name="Draft report")
        expect(editor).to_be_visible(timeout=DRAFT_MS)
    assert len(sentences(page)) >= 5
    assert sentences(page) == sentences(second)
    assert heard == heard_second
    picture(second, "second-device")
    other.close()


def test_the_history_of_a_draft_says_who_changed_what(page: Page, drafted: str) -> None:
    page.goto(f"/studies/{drafted}")
    field = page.get_by_role("textbox", name="Sentence by the model").first
    before = field.input_value()
    field.fill(f"{before} Read again.")
    expect(page.get_by_text(re.compile(r"^Saved, version [2-9]"))).to_be_visible()
    page.get_by_role("button", name="History").click()
    versions = page.get_by_role("list", name="Versions").locator("> li")
    newest = versions.first
    expect(newest).to_contain_text("admin")
    expect(newest.locator("del")).to_have_text(before)
    expect(newest.locator("ins")).to_have_text(f"{before} Read again.")
    expect(versions.last).to_contain_text("Written by the model")
    picture(page, "history")


def test_planes_are_linked_and_scrolled(page: Page, api: httpx.Client) -> None:
    open_images(page, colin(api))
    middle = slices(page)
    page.keyboard.press("c")
    drag(page, "Axial", (0.4, 0.45), (0.4, 0.45))
    wait_for(lambda: slices(page)[1] != middle[1] and slices(page)[2] != middle[2])
    assert slices(page)[0] == middle[0]
    axial, sagittal, coronal = slices(page)
    page.mouse.wheel(0, 100)
    # Down is towards the feet; the series is counted from there, as in its DICOM objects.
    becomes(lambda: slices(page), [axial - 1, sagittal, coronal])
    for key, wanted in (("ArrowUp", axial), ("PageDown", axial - 10), ("PageUp", axial)):
        page.keyboard.press(key)
        becomes(lambda: slices(page)[0], wanted)
    page.keyboard.press("Home")
    becomes(lambda: slices(page)[0], 1)
    page.keyboard.press("r")
    becomes(lambda: slices(page), middle)


def test_window_pan_zoom_layout_and_cine(page: Page, api: httpx.Client) -> None:
    open_images(page, colin(api))
    stored = window_text(page)
    page.keyboard.press("2")
    wait_for(lambda: window_text(page) != stored)
    preset = window_text(page)
    expect(page.get_by_label("Window preset")).to_have_value("narrow")
    # The window stays when views are made anew.
    page.get_by_role("radio", name="One view").click()
    page.get_by_role("radio", name="Three planes").click()
    expect(pane(page, "Coronal")).to_have_attribute("aria-label", re.compile(r"of [1-9]\d*$"))
    assert window_text(page) == preset
    drag(page, "Axial", (0.5, 0.5), (0.6, 0.55))
    wait_for(lambda: window_text(page) != preset)
    expect(page.get_by_label("Window preset")).to_have_value("own")

    bar = page.locator("[data-pane=axial] [class*=scale] i")
    scale = bar_width(bar)
    page.keyboard.press("z")
    drag(page, "Axial", (0.5, 0.5), (0.5, 0.6))
    wait_for(lambda: bar_width(bar) != scale)
    page.keyboard.press("p")
    drag(page, "Axial", (0.5, 0.5), (0.6, 0.5))
    page.keyboard.press("r")
    becomes(lambda: (window_text(page), bar_width(bar)), (stored, scale))

    first = slices(page)[0]
    page.get_by_role("button", name="Play").click()
    wait_for(lambda: slices(page)[0] < first - 2)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    stopped = slices(page)
    page.wait_for_timeout(600)
    assert slices(page) == stopped


def test_help_and_header_open_and_leave_the_proportions(page: Page, api: httpx.Client) -> None:
    open_images(page, colin(api))
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard")
    expect(sheet.get_by_text("Measure a length")).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    for _ in range(2):
        page.keyboard.press("h")
        header = page.get_by_role("complementary", name="DICOM header")
        header.get_by_label("Search the header").fill("pixelspacing")
        expect(header.get_by_role("status")).to_have_text(re.compile(r"^1 of \d\d+ elements"))
        expect(header.get_by_role("rowheader", name=re.compile("PixelSpacing"))).to_be_visible()
        header.get_by_role("button", name="Close the header").click()
        expect(header).to_have_count(0)
        # A canvas of another shape than its pane would show a stretched head.
        becomes(lambda: stretch(page, "Axial"), 0)


def test_measurements_are_saved_come_back_and_can_be_deleted(page: Page, api: httpx.Client) -> None:
    study = colin(api)
    open_images(page, study)
    page.get_by_role("tab", name="Measurements").click()
    rows = page.get_by_role("list", name="Measurements").locator("> li")
    box = pane(page, "Axial").bounding_box()
    assert box is not None
    page.keyboard.press("l")
    drag(page, "Axial", (0.35, 0.4), (0.5, 0.4), (0.6, 0.4))
    expect(rows).to_have_count(1)
    page.keyboard.press("e")
    drag(page, "Axial", (0.4, 0.55), (0.45, 0.6))
    expect(rows).to_have_count(2)
    page.keyboard.press("a")
    x, y = box["x"] + 0.5 * box["width"], box["y"] + 0.7 * box["height"]
    # A right angle: pressed at one end, at the corner, and at the other end.
    for place in ((x - 80, y), (x, y), (x, y + 80)):
        page.mouse.move(*place, steps=4)
        page.mouse.click(*place)
    expect(rows).to_have_count(3)
    texts = rows.all_inner_texts()
    values = [float(text.split()[0]) for text in texts]
    # The scale bar says how long the line must be: it stands for two centimetres.
    scale = page.locator("[data-pane=axial] [class*=scale]")
    expect(scale).to_have_text("2 cm")
    expected = 0.25 * box["width"] * 20 / bar_width(scale.locator("i"))
    assert values[0] == pytest.approx(expected, rel=0.02)
    assert values[1] > 0
    assert values[2] == pytest.approx(90, abs=2)
    picture(page, "measurements")

    saved = api.get(f"/studies/{study}/annotations").json()
    assert len(saved if isinstance(saved, list) else saved["results"]) == 3
    page.reload()
    page.get_by_role("tab", name="Measurements").click()
    expect(rows).to_have_count(3)
    assert rows.all_inner_texts() == texts
    expect(page.locator("[data-pane=axial] .svg-layer g")).not_to_have_count(0)

    rows.first.get_by_role("button", name="Delete measurement").click()
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(3)
    rows.first.get_by_role("button").first.click()
    page.keyboard.press("Delete")
    expect(rows).to_have_count(2)


def test_the_segmentation_is_painted_with_legend_and_opacity(page: Page, drafted: str) -> None:
    open_images(page, drafted)
    page.get_by_role("button", name="Show segmentation").click()
    legend = page.get_by_role("complementary", name="Segmentation")
    expect(legend.get_by_text("AI-made")).to_be_visible()
    thalamus = legend.get_by_role("button", name=re.compile(r"^left thalamus", re.IGNORECASE))
    expect(thalamus.first).to_be_visible()
    wait_for(lambda: lit_pixels(page, "Coronal", "labels") > 1000)
    legend.get_by_role("slider").fill("80")
    expect(legend.get_by_text("80 %")).to_be_visible()
    before = slices(page)
    thalamus.first.click()
    wait_for(lambda: slices(page) != before)
    expect(thalamus.first).to_have_attribute("aria-pressed", "true")
    picture(page, "overlay")
    page.keyboard.press("o")
    becomes(lambda: lit_pixels(page, "Coronal", "labels"), 0)


def test_a_gapped_series_is_read_as_single_images_with_its_segmentation(
    page: Page, api: httpx.Client
) -> None:
    study, files = gapped_with_segmentation()
    sent = [("files", (f"{at}.dcm", content)) for at, content in enumerate(files)]
    assert len(api.post("/uploads", files=sent).json()["stored"]) == 7
    wait_for(lambda: series_kinds(api, study) == {"image": "gapped", "seg": "settled"})
    page.goto(f"/studies/{study}")
    stack = ("Images",)
    expect(page.get_by_text("Single images only")).to_be_visible()
    becomes(lambda: slices(page, stack), [4])
    wait_for(lambda: lit_pixels(page, "Images", "image") > 1000)
    own = window_text(page)
    drag(page, "Images", (0.5, 0.5), (0.6, 0.5))
    wait_for(lambda: window_text(page) != own)
    page.mouse.wheel(0, 100)
    becomes(lambda: slices(page, stack), [5])
    page.keyboard.press("l")
    drag(page, "Images", (0.4, 0.4), (0.6, 0.4))
    expect(page.get_by_role("tab", name=re.compile(r"^Measurements\s*1$"))).to_be_visible()
    saved = api.get(f"/studies/{study}/annotations").json()
    (measured,) = saved if isinstance(saved, list) else saved["results"]
    assert measured["sop_instance_uid"]
    assert measured["unit"] == "mm"

    page.get_by_role("button", name="Drawn by hand").click()
    legend = page.get_by_role("complementary", name="Segmentation")
    expect(legend.get_by_role("button", name="Disc", exact=True)).to_be_visible()
    # Nobody but a person made it.
    expect(legend.get_by_text("AI-made")).to_have_count(0)
    wait_for(lambda: lit_pixels(page, "Images", "labels") > 1000)
    page.keyboard.press("Home")
    becomes(lambda: slices(page, stack), [1])
    becomes(lambda: lit_pixels(page, "Images", "labels"), 0)
    legend.get_by_role("button", name="Corner", exact=True).click()
    wait_for(lambda: slices(page, stack)[0] >= 4 and lit_pixels(page, "Images", "labels") > 1000)
    picture(page, "stack")


def test_dropped_files_folders_and_zips_arrive_and_the_bad_are_named(
    page: Page, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    in_folder = ct_series(3, PatientName="Folder^Dropped", PatientID="DROP-1").files
    for at, content in enumerate(in_folder):
        (folder / ("deep" if at else ".") / f"{at}.dcm").write_bytes(content)
    (folder / "letter.txt").write_text("Dear colleague")
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w") as archive:
        archive.writestr("in/a.dcm", ct_series(1, PatientName="Zip^Dropped").files[0])
        archive.writestr("in/broken.dcm", b"DICM?")
    (tmp_path / "empty.dcm").write_bytes(b"")
    (tmp_path / "one.dcm").write_bytes(ct_series(1, PatientName="File^Dropped").files[0])
    page.goto("/")
    grid = page.get_by_role("grid")
    expect(grid).to_be_visible()
    drop(page, grid, [folder, *(tmp_path / n for n in ("bundle.zip", "empty.dcm", "one.dcm"))])
    dock = page.get_by_role("region", name="Upload")
    expect(dock.get_by_text("Stored 5 files")).to_be_visible(timeout=30_000)
    for name, reason in (
        ("letter.txt", "not a DICOM file"),
        ("broken.dcm", "not a DICOM file"),
        ("empty.dcm", "empty"),
    ):
        expect(dock.get_by_role("listitem").filter(has_text=name)).to_contain_text(reason)
    for name in ("Folder, Dropped", "Zip, Dropped", "File, Dropped"):
        row = page.get_by_role("row").filter(has_text=name)
        expect(row).to_have_count(1, timeout=30_000)
    picture(page, "dropped")


def test_deleting_says_what_goes_and_is_not_for_everybody(
    browser: Browser, product: Product, page: Page, api: httpx.Client
) -> None:
    files = ct_series(2, PatientName="Delete^Me", PatientID="DEL-1")
    sent = [("files", (f"{at}.dcm", content)) for at, content in enumerate(files.files)]
    api.post("/uploads", files=sent)
    password = "reads-but-keeps-4"
    product.manage(
        "shell",
        "-c",
        "from apps.accounts.services import user_create; "
        f"user_create(username='reader', password='{password}', roles=['clinician'])",
    )
    clinician = signed_in(browser, product, "reader", password)
    theirs = clinician.new_page()
    theirs.goto("/")
    name = re.compile("^More for Delete, Me")
    expect(theirs.get_by_role("row").filter(has_text="Delete, Me")).to_have_count(1)
    expect(theirs.get_by_role("button", name=name)).to_have_count(0)
    csrf = next(c["value"] for c in clinician.cookies() if c["name"] == "csrftoken")
    refused = clinician.request.delete(
        f"/api/v1/studies/{files.study_uid}",
        headers={"X-CSRFToken": csrf, "Referer": product.address},
    )
    assert refused.status == 403

    page.goto("/")
    page.get_by_role("button", name=name).click()
    page.get_by_role("menuitem", name="Delete study…").click()
    dialog = page.get_by_role("dialog", name="Delete this study?")
    expect(dialog).to_contain_text("Delete, Me")
    expect(dialog).to_contain_text("2 images and every draft and measurement")
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("row").filter(has_text="Delete, Me")).to_have_count(1)
    page.get_by_role("button", name=name).click()
    page.get_by_role("menuitem", name="Delete study…").click()
    dialog.get_by_role("button", name="Delete study").click()
    # Gone here, and on the other person's screen without a reload.
    for screen in (page, theirs):
        row = screen.get_by_role("row").filter(has_text="Delete, Me")
        expect(row).to_have_count(0, timeout=30_000)
    assert api.get(f"/studies/{files.study_uid}").status_code == 404
    clinician.close()


def test_images_are_drawn_without_webgl(
    browser: Browser, product: Product, api: httpx.Client
) -> None:
    plain = browser.browser_type.launch(
        executable_path=os.environ.get("SYNOPTIC_CHROMIUM", "/usr/bin/chromium"),
        args=[*CHROMIUM_FLAGS, *NO_WEBGL],
    )
    context = signed_in(plain, product, "admin", product.password)
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    page = context.new_page()
    open_images(page, colin(api))
    made = "['webgl', 'webgl2'].map(kind => document.createElement('canvas').getContext(kind))"
    assert page.evaluate(made) == [None, None]
    wait_for(lambda: all(lit_pixels(page, name, "image") > 5000 for name in PLANES))
    page.set_viewport_size({"width": 1300, "height": 800})
    becomes(lambda: stretch(page, "Axial"), 0)
    page.keyboard.press("c")
    before = slices(page)
    drag(page, "Coronal", (0.4, 0.4), (0.4, 0.4))
    wait_for(lambda: slices(page)[:2] != before[:2])
    picture(page, "without-webgl")
    plain.close()
    assert not errors, errors
