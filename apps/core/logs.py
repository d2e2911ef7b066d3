"""Logs hold no patient data. Exceptions of libraries may quote the values they stumbled over, so
only the kind of an exception and the places it came through are written, never its text."""

from __future__ import annotations

import copy
import logging
import traceback
from types import TracebackType

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class PlacesFormatter(logging.Formatter):
    """One line, then for an exception its type and the files, lines and functions below it."""

    def format(self, record: logging.LogRecord) -> str:
        own = copy.copy(record)
        # Another handler may have left its own rendering of the exception there.
        own.exc_text = None
        return super().format(own)

    def formatException(self, ei: object) -> str:  # noqa: N802 - the base class's name
        lines = []
        error = ei[1] if isinstance(ei, tuple) else None
        while isinstance(error, BaseException):
            lines.append(f"{type(error).__module__}.{type(error).__qualname__}")
            lines += [
                f"  {frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(error.__traceback__)
            ]
            error = error.__cause__ or error.__context__
        return "\n".join(lines)


class NoTexts(logging.Filter):
    """Celery writes the text of a task's exception into the line itself: only its kind stays."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, dict) and "exc" in record.args:
            kind = record.exc_info[0] if record.exc_info else None
            shown = kind.__name__ if kind else "an exception"
            record.args = {**record.args, "exc": shown, "traceback": ""}
        return True


class NoQueries(logging.Filter):
    """Uvicorn names the whole address of a websocket, and with it the ticket that opens it."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("uvicorn") and isinstance(record.args, tuple):
            record.args = tuple(
                one.partition("?")[0] if isinstance(one, str) else one for one in record.args
            )
        return True


class NotHealth(logging.Filter):
    """The health page says what is down; asked four times a second, it needs no log lines."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        return getattr(request, "path", "") != "/healthz"
