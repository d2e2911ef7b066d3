"""What a person does with the viewer, as functions: point, drag, drop, and read what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
from highdicom.seg import (
    SegmentAlgorithmTypeValues,
    Segmentation,
    SegmentationTypeValues,
    SegmentDescription,
)
from playwright.sync_api import Browser, BrowserContext, Locator, Page, WebSocket, expect
from pydicom.sr.codedict import codes
from pydicom.uid import generate_uid

from tests.e2e.conftest import Product
from tests.e2e.test_draft_journey import wait_for
from tests.factories.dicom import as_file, ct_slice

# A busy machine takes longer than Playwright's five seconds to load the viewer.
expect.set_options(timeout=45_000)

PLANES = ("Axial", "Sagittal", "Coronal")


def open_images(page: Page, study: str) -> None:
    page.goto(f"/studies/{study}")
    expect(pane(page, "Axial")).to_have_attribute("aria-label", re.compile(r"of [1-9]\d*$"))
    # The progress bar goes when all voxels are there.
    expect(page.get_by_label("Loading images")).to_have_count(0)


def pane(page: Page, name: str) -> Locator:
    return page.get_by_role("img", name=re.compile(f"^{name}, image"))


def slices(page: Page, names: tuple[str, ...] = PLANES) -> list[int]:
    labels = [pane(page, name).get_attribute("aria-label") or "" for name in names]
    return [int(re.findall(r"\d+", label)[0]) for label in labels]


def becomes(read: Callable[[], object], wanted: object) -> None:
    wait_for(lambda: read() == wanted)


def window_text(page: Page) -> str:
    texts = page.get_by_text(re.compile(r"^W -?\d+ L -?\d+")).all_inner_texts()
    assert len(set(texts)) == 1, texts
    return texts[0]


def drag(page: Page, name: str, *points: tuple[float, float]) -> None:
    """Press at the first point, in fractions of the pane, and let go at the last."""
    box = pane(page, name).bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def lit_pixels(page: Page, name: str, layer: str) -> int:
    """Pixels of a pane's canvas that are not black and not see-through."""
    count: int = pane(page, name).evaluate(
        """(element, layer) => {
          const all = [...element.querySelectorAll('canvas')];
          const isLabels = (one) => one.dataset.layer === 'labels';
          const canvas = layer === 'labels' ? all.find(isLabels)
            : all.find((one) => !one.dataset.layer && one.clientWidth > 0);
          if (!canvas || canvas.width === 0) return 0;
          const { data } = canvas.getContext('2d')
            .getImageData(0, 0, canvas.width, canvas.height);
          let lit = 0;
          for (let at = 0; at < data.length; at += 4)
            if (data[at + 3] > 0 && data[at] + data[at + 1] + data[at + 2] > 40) lit++;
          return lit;
        }""",
        layer,
    )
    return count


def signed_in(browser: Browser, product: Product, user: str, password: str) -> BrowserContext:
    context = browser.new_context(
        base_url=product.address, viewport={"width": 1600, "height": 1000}
    )
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_url(f"{product.address}/")
    page.close()
    return context


def messages_heard(page: Page) -> list[tuple[int, str]]:
    """Grows with each message that the page's websocket begins: sequence number and id."""
    heard: list[tuple[int, str]] = []

    def on_frame(payload: str | bytes) -> None:
        events = json.loads(payload).get("events", [])
        begun = [event for event in events if event["type"] == "message.started"]
        heard.extend((event["seq"], event["data"]["message"]) for event in begun)

    def on_socket(socket: WebSocket) -> None:
        socket.on("framereceived", on_frame)

    page.on("websocket", on_socket)
    return heard


def bar_width(bar: Locator) -> float:
    width: float = bar.evaluate("bar => bar.getBoundingClientRect().width")
    return round(width, 1)


def gapped_with_segmentation() -> tuple[str, list[bytes]]:
    """Six CT slices with a gap, and two structures on all of them but the first."""
    shared = {
        "StudyInstanceUID": generate_uid(),
        "SeriesInstanceUID": generate_uid(),
        "FrameOfReferenceUID": generate_uid(),
        "PatientName": "Gapped^Stack",
        "PatientID": "GAP-1",
        "PositionReferenceIndicator": "",
        "Manufacturer": "",
        "ReferringPhysicianName": "",
    }
    y, x = np.mgrid[:64, :64]
    away = (y - 30) ** 2 + (x - 34) ** 2
    images = []
    for number, z in enumerate((0.0, 3.0, 6.0, 15.0, 18.0, 21.0), start=1):
        image = ct_slice(number=number, position=(0, 0, z), size=64, PixelSpacing=[1, 1], **shared)
        image.PixelData = ((away < 18**2) * 1100 + x * 4).astype("<i2").tobytes()
        images.append(image)
    masks = np.zeros((6, 64, 64), np.uint8)
    masks[1:, away < 10**2] = 1
    masks[3:, :20, :20] = 2
    described = [
        SegmentDescription(
            number, label, codes.SCT.Tissue, codes.SCT.Tissue, SegmentAlgorithmTypeValues.MANUAL
        )
        for number, label in ((1, "Disc"), (2, "Corner"))
    ]
    segmentation = Segmentation(
        images,
        masks,
        SegmentationTypeValues.BINARY,
        described,
        series_instance_uid=generate_uid(),
        series_number=9,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="Synoptic tests",
        manufacturer_model_name="hand",
        software_versions="1",
        device_serial_number="1",
        series_description="Drawn by hand",
    )
    return str(shared["StudyInstanceUID"]), [as_file(one) for one in (*images, segmentation)]


def drop(page: Page, target: Locator, files: list[Path]) -> None:
    """What a file manager does: real files and folders, carried in and let go."""
    box = target.bounding_box()
    assert box is not None
    devtools = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send(
            "Input.dispatchDragEvent",
            {
                "type": kind,
                "x": box["x"] + 200,
                "y": box["y"] + 80,
                "data": {
                    "items": [],
                    "files": [str(path) for path in files],
                    "dragOperationsMask": 1,
                },
            },
        )
        if kind == "dragOver":
            expect(page.get_by_text("Drop to upload")).to_be_visible()


def stretch(page: Page, name: str) -> int:
    """By how many percent the canvas is wider or narrower in shape than its pane."""
    percent: int = pane(page, name).evaluate(
        """element => {
          const canvas = [...element.querySelectorAll('canvas')].find((one) =>
            one.clientWidth > 0 && !one.dataset.layer);
          return Math.round(100 * (canvas.width / canvas.height
            / (element.clientWidth / element.clientHeight) - 1));
        }"""
    )
    return percent


def colin(api: httpx.Client) -> str:
    found = api.get("/studies", params={"q": "Colin 27 (public"}).json()["results"]
    return str(found[0]["study_uid"])


def series_kinds(api: httpx.Client, study: str) -> dict[str, str]:
    answer = api.get(f"/studies/{study}")
    series = answer.json()["series"] if answer.status_code == 200 else []
    is_settled = all(one["geometry"]["reason"] != "Still arriving." for one in series)
    return {
        one["kind"]: one["geometry"]["kind"] if one["kind"] == "image" else "settled"
        for one in series
        if is_settled
    }
