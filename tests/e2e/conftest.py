"""The whole product as `make run` starts it, in a data folder of its own, and Chromium before it.

Mocked: nothing. The processes are the supervisor's; the browser is Debian's.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.support.processes import free_port

REPOSITORY = Path(__file__).resolve().parents[2]
SCREENSHOTS = Path(os.environ.get("SYNOPTIC_SCREENSHOTS", ""))
# The first start converts the language model and writes the samples.
PATIENCE_S = 240
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(slots=True)
class Product:
    """A running Synoptic. ``environment`` starts another process of the same installation."""

    address: str
    data_dir: Path
    environment: dict[str, str]
    process: subprocess.Popen[str]
    output: Path
    password: str = ""

    def manage(self, *command: str) -> str:
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=REPOSITORY,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def pids(self, name: str) -> list[int]:
        """Processes of the supervisor's program ``name``, oldest first, by its log's own words."""
        log = (self.data_dir / "logs" / "supervisor.log").read_text()
        return [int(pid) for pid in re.findall(rf"spawned: '{name}' with pid (\d+)", log)]

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)


def start(data_dir: Path, ports: dict[str, int]) -> Product:
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("SYNOPTIC_")},
        **{f"SYNOPTIC_{name}_PORT".replace("_WEB_", "_"): str(p) for name, p in ports.items()},
        "SYNOPTIC_DATA_DIR": str(data_dir),
        "DJANGO_SETTINGS_MODULE": "apps.config.settings.dev",
    }
    output = data_dir.parent / f"{data_dir.name}.out"
    with output.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "apps.web.supervision"],
            cwd=REPOSITORY,
            env=environment,
            stdout=stream,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    product = Product(
        address=f"http://127.0.0.1:{ports['WEB']}",
        data_dir=data_dir,
        environment=environment,
        process=process,
        output=output,
    )
    deadline = time.monotonic() + PATIENCE_S
    while "open http" not in output.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            pytest.fail(f"the product did not start:\n{output.read_text()}")
        time.sleep(0.2)
    found = re.search(r"Password\s+(\S+)", output.read_text())
    product.password = found.group(1) if found else ""
    return product


def borrow_what_is_made_once(data_dir: Path) -> None:
    """Link the models and samples that `make run` has already made here, to save two minutes."""
    for folder, mark in (("models", "models.prepared"), ("samples", "samples.written")):
        if (REPOSITORY / ".data" / mark).exists():
            data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            (data_dir / folder).symlink_to(REPOSITORY / ".data" / folder)
            (data_dir / mark).touch()


def free_ports() -> dict[str, int]:
    return {name: free_port() for name in ("WEB", "REDIS", "ORTHANC", "DICOM")}


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    data_dir = tmp_path_factory.mktemp("product") / "data"
    borrow_what_is_made_once(data_dir)
    running = start(data_dir, free_ports())
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ.get("SYNOPTIC_CHROMIUM", "/usr/bin/chromium"),
            args=CHROMIUM_FLAGS,
        )
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser, product: Product) -> Iterator[BrowserContext]:
    """A signed-in browser with an empty profile. A script error in the page fails the test."""
    fresh = browser.new_context(base_url=product.address, viewport={"width": 1600, "height": 1000})
    fresh.set_default_timeout(30_000)
    errors: list[str] = []
    fresh.on("weberror", lambda e: errors.append(getattr(e.error, "stack", "") or str(e.error)))
    page = fresh.new_page()
    page.goto("/accounts/login/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", product.password)
    page.click("button[type=submit]")
    page.wait_for_url(f"{product.address}/")
    page.close()
    yield fresh
    fresh.close()
    assert not errors, errors


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def api(context: BrowserContext, product: Product) -> Iterator[httpx.Client]:
    """The REST API under a personal token of the administrator."""
    csrf = next(c["value"] for c in context.cookies() if c["name"] == "csrftoken")
    answer = context.request.post(
        "/api/v1/tokens",
        data={"name": "e2e"},
        headers={"X-CSRFToken": csrf, "Referer": product.address},
    )
    assert answer.ok, answer.text()
    with httpx.Client(
        base_url=f"{product.address}/api/v1",
        headers={"Authorization": f"Bearer {answer.json()['token']}"},
        timeout=30,
        trust_env=False,
    ) as client:
        yield client


def picture(page: Page, name: str) -> None:
    """Keep what a person sees, when SYNOPTIC_SCREENSHOTS names a folder."""
    if SCREENSHOTS.name:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png")
