"""How soon images stand on the screen, and how fast they scroll without a graphics card.

    python -m tests.bench.viewer [--slices 100] [--scrolls 60] [--rounds 3]

The real web process, intake and Orthanc; Debian's Chromium, whose WebGL runs on the processor, so
the viewer draws with Cornerstone's CPU backend. A CT of 512 x 512 voxels a slice is opened twice
in each round through the same authorised routes:

- bulk: one volume request, three planes. Complete when each plane was drawn with every voxel.
- frames: the geometry route is made to refuse, so the viewer takes one WADO-RS request a frame.
  Complete when the last frame is decoded; it draws only one plane, which flatters the baseline.

Then the axial plane alone is scrolled by wheel, in a pane of about 512 x 512 pixels: the time from
the wheel event to the end of the drawing, label and crosshair layers included.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from playwright.sync_api import Page, Route, sync_playwright
from pydicom.uid import generate_uid

from tests.factories.dicom import ct_slice
from tests.support.processes import REPOSITORY, wait_until
from tests.support.stack import Stack, product

SIZE = 512
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MOST_SCROLL_MS = 20.0
MOST_RATIO = 1 / 3
_SESSION = """
import django; django.setup()
from django.conf import settings
from django.test import Client
from apps.accounts.models import User
user, made = User.objects.get_or_create(username="bench", defaults={"roles": ["clinician"]})
client = Client(); client.force_login(user)
print(client.cookies[settings.SESSION_COOKIE_NAME].key, client.cookies["sessionid"].value)
"""
_SCROLL = """
async ([pane, count]) => {
  const element = document.querySelector(`[data-pane=${pane}] [data-viewport-uid]`);
  const box = element.getBoundingClientRect();
  const place = { clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 };
  const taken = [];
  for (let at = 0; at < count; at++) {
    const deltaY = at % 40 < 20 ? 100 : -100;
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const started = performance.now();
    element.dispatchEvent(new WheelEvent("wheel", { deltaY, bubbles: true, ...place }));
    // The layers follow in the next frame's callbacks; ours is queued behind them.
    const drawn = performance.now() - started;
    const layers = await new Promise((resolve) => {
      requestAnimationFrame(() => {
        const before = performance.now();
        queueMicrotask(() => resolve(performance.now() - before));
      });
    });
    taken.push(drawn + layers);
  }
  return { taken, width: box.width, height: box.height };
}
"""


@dataclass(frozen=True)
class Opened:
    first_s: float
    complete_s: float


def phantom(slices: int) -> tuple[str, list[bytes]]:
    """The study's UID and the files of a chest-like CT with noise, as a scanner would send it."""
    noise = np.random.default_rng(0)
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    body = ((columns - 256) / 200) ** 2 + ((rows - 256) / 150) ** 2 < 1
    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    files = []
    for number in range(slices):
        lung = ((columns - 170) / 60) ** 2 + ((rows - 240 + number) / 80) ** 2 < 1
        voxels = np.where(body, np.where(lung, -800, 40), -1000)
        # Stored values: the factory's slices carry an intercept of -1024.
        voxels = (voxels + 1024 + noise.normal(0, 15, voxels.shape)).astype(np.int16)
        dataset = ct_slice(
            number=number + 1,
            position=(-204.8, -204.8, 2.5 * number),
            size=SIZE,
            StudyInstanceUID=study,
            SeriesInstanceUID=series,
            FrameOfReferenceUID=frame,
            PixelSpacing=[0.8, 0.8],
            SliceThickness=2.5,
        )
        dataset.PixelData = voxels.tobytes()
        file = io.BytesIO()
        pydicom.dcmwrite(file, dataset, enforce_file_format=True)
        files.append(file.getvalue())
    return study, files


def store(stack: Stack, files: list[bytes], study: str) -> None:
    with stack.orthanc.client() as orthanc:
        for file in files:
            orthanc.post("/instances", content=file).raise_for_status()
    with stack.client("bench") as api:

        def indexed() -> bool:
            answer = api.get(f"studies/{study}")
            if answer.status_code != 200:
                return False
            series = answer.json()["series"]
            return bool(series and series[0]["geometry"]["kind"] == "regular")

        wait_until(indexed, what="the index of the study", patience_s=60)


def refuse(route: Route) -> None:
    route.fulfill(
        status=409,
        content_type="application/problem+json",
        body='{"code": "volume_not_regular", "title": "refused by the benchmark", "status": 409}',
    )


def open_study(page: Page, address: str) -> Opened:
    page.goto(address)
    done = "performance.getEntriesByName('synoptic.viewer.complete').length > 0"
    # Not wait_for_function: the page's content security policy forbids what it does.
    wait_until(lambda: bool(page.evaluate(done)), what="the images", patience_s=120)
    marks: dict[str, float] = page.evaluate(
        """() => Object.fromEntries(['opened', 'first-image', 'complete'].map((name) =>
             [name, performance.getEntriesByName(`synoptic.viewer.${name}`)[0].startTime]))"""
    )
    start = marks["opened"]
    return Opened((marks["first-image"] - start) / 1e3, (marks["complete"] - start) / 1e3)


def scroll(page: Page, count: int) -> dict[str, Any]:
    page.keyboard.press("Shift+Digit1")
    alone = "document.querySelectorAll('[data-pane]').length === 1"
    wait_until(lambda: bool(page.evaluate(alone)), what="the single pane", patience_s=20)
    box = page.locator("[data-pane=axial]").bounding_box() or {"width": 0, "height": 0}
    current = page.viewport_size or {"width": 0, "height": 0}
    page.set_viewport_size(
        {
            "width": int(current["width"] + SIZE - box["width"]),
            "height": int(current["height"] + SIZE - box["height"]),
        }
    )
    time.sleep(1)
    measured: dict[str, Any] = page.evaluate(_SCROLL, ["axial", count])
    return measured


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def run(stack: Stack, slices: int, scrolls: int, rounds: int) -> None:
    study, files = phantom(slices)
    store(stack, files, study)
    name, value = stack.python("-c", _SESSION).splitlines()[-1].split()
    address = f"{stack.url}/studies/{study}"
    found: dict[str, list[Opened]] = {"bulk": [], "frames": []}
    with sync_playwright() as playwright:
        chromium = os.environ.get("SYNOPTIC_CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        for _ in range(rounds):
            for route, opened in found.items():
                # A context of its own each time: nothing comes from the browser's cache.
                context = browser.new_context(viewport={"width": 1600, "height": 900})
                context.add_cookies([{"name": name, "value": value, "url": stack.url}])
                page = context.new_page()
                if route == "frames":
                    page.route("**/geometry", refuse)
                opened.append(open_study(page, address))
                if route == "bulk":
                    scrolled = scroll(page, scrolls)
                context.close()
        browser.close()
    report(found, scrolled, slices)


def report(found: dict[str, list[Opened]], scrolled: dict[str, Any], slices: int) -> None:
    print(
        f"{slices} slices of {SIZE} x {SIZE}, 16 bit; {platform.machine()}, {os.cpu_count()} cores"
    )
    median = {
        route: statistics.median(one.complete_s for one in opened)
        for route, opened in found.items()
    }
    for route, opened in found.items():
        first = statistics.median(one.first_s for one in opened)
        print(f"{route:7} first image {first:6.2f} s   complete {median[route]:6.2f} s")
    ratio = median["bulk"] / median["frames"]
    print(f"bulk / frames: {ratio:.2f} (at most {MOST_RATIO:.2f})")
    taken: list[float] = scrolled["taken"]
    p50, p95 = statistics.median(taken), percentile(taken, 0.95)
    pane = f"{scrolled['width']:.0f} x {scrolled['height']:.0f}"
    print(f"scroll in a pane of {pane}: p50 {p50:.1f} ms  p95 {p95:.1f} ms", end="")
    print(f"  (at most {MOST_SCROLL_MS:.0f} ms)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=100)
    parser.add_argument("--scrolls", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    if not (REPOSITORY / "frontend" / "dist" / "index.html").is_file():
        raise SystemExit("The front end is not built: run `npm run build` in frontend/ first.")
    with (
        tempfile.TemporaryDirectory() as folder,
        product(Path(folder), processes=("web", "intake", "worker-io")) as stack,
    ):
        run(stack, asked.slices, asked.scrolls, asked.rounds)


if __name__ == "__main__":
    main()
