"""No text of an exception reaches a log: it may quote a patient's name."""

from __future__ import annotations

import io
import logging

import pytest
from django.conf import settings

from apps.core.logs import PlacesFormatter

PHI = "Doe^Jane 1970-01-01"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the product's own handler writes."""
    ours = [h for h in logging.root.handlers if isinstance(h.formatter, PlacesFormatter)]
    assert len(ours) == 1
    stream = io.StringIO()
    monkeypatch.setattr(ours[0], "stream", stream)
    return stream


def _fail() -> None:
    try:
        int(PHI)
    except ValueError as error:
        raise RuntimeError(PHI) from error


def test_an_exception_is_logged_by_kind_and_place(written: io.StringIO) -> None:
    try:
        _fail()
    except RuntimeError:
        logging.getLogger("test.written").exception("failed")
    text = written.getvalue()
    assert "builtins.RuntimeError" in text
    assert "builtins.ValueError" in text
    assert "_fail" in text
    assert "Doe" not in text


def test_a_failed_task_is_logged_without_its_text(written: io.StringIO) -> None:
    try:
        _fail()
    except RuntimeError as error:
        context = {"name": "apps.x", "id": "1", "exc": repr(error), "traceback": PHI}
        logging.getLogger("test.written").exception(
            "Task %(name)s[%(id)s] raised unexpected: %(exc)s", context
        )
    text = written.getvalue()
    assert "Task apps.x[1] raised unexpected: RuntimeError" in text
    assert "Doe" not in text


def test_the_ticket_of_a_websocket_is_not_logged(written: io.StringIO) -> None:
    """As Uvicorn writes it."""
    logging.getLogger("uvicorn.error").info(
        '%s - "WebSocket %s" [accepted]', "127.0.0.1:5", "/ws/v1/live?ticket=secret"
    )
    assert '127.0.0.1:5 - "WebSocket /ws/v1/live" [accepted]' in written.getvalue()
    assert "secret" not in written.getvalue()


def test_the_health_page_writes_no_lines(written: io.StringIO) -> None:
    class Request:
        path = "/healthz"

    logging.getLogger("test.written").error("down", extra={"request": Request()})
    assert written.getvalue() == ""


def test_no_other_handler_writes_beside_ours() -> None:
    loggers = settings.LOGGING["loggers"]
    assert loggers["uvicorn"]["propagate"] is False
    assert settings.CELERY_WORKER_HIJACK_ROOT_LOGGER is False
