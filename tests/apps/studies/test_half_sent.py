"""A browser that goes away in the middle of an upload leaves nothing behind."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from tests.factories.dicom import ct_series
from tests.support.processes import wait_until
from tests.support.stack import product

pytestmark = [pytest.mark.services, pytest.mark.slow]


@pytest.mark.timeout(180)
def test_a_half_sent_upload_leaves_nothing(tmp_path: Path) -> None:
    whole = ct_series(1, size=256).files[0]
    with product(tmp_path, processes=("web",)) as stack:
        with stack.client() as api:
            token = api.headers["authorization"]
            part = (
                b'--edge\r\nContent-Disposition: form-data; name="files[]"; filename="a.dcm"\r\n'
                b"Content-Type: application/dicom\r\n\r\n"
            )
            head = (
                f"POST /api/v1/uploads HTTP/1.1\r\nHost: 127.0.0.1:{stack.port}\r\n"
                f"Authorization: {token}\r\nContent-Length: {3 * len(whole)}\r\n"
                "Content-Type: multipart/form-data; boundary=edge\r\n\r\n"
            )
            with socket.create_connection(("127.0.0.1", stack.port)) as browser:
                # One file whole, the next one only begun.
                browser.sendall(head.encode() + part + whole + b"\r\n" + part + whole[:1000])
                time.sleep(0.5)
            wait_until(lambda: api.get("me").status_code == 200, what="the web process")
        uploads = Path(stack.environment["SYNOPTIC_DATA_DIR"]) / "uploads"
        wait_until(lambda: not list(uploads.glob("*")), what="an empty folder")
        with stack.orthanc.client() as archive:
            assert archive.get("/instances").json() == []
        assert "Traceback" not in stack.log("web")
