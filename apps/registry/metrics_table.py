"""Metrics files as nested tables for the administration."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe


def metrics_table(value: Any) -> SafeString:
    """Objects as tables with a row for each key, lists as lines, all else as text."""
    if isinstance(value, dict):
        rows = format_html_join(
            "",
            '<tr><th scope="row">{}</th><td>{}</td></tr>',
            ((key, metrics_table(item)) for key, item in value.items()),
        )
        return format_html('<table class="metrics">{}</table>', rows)
    if isinstance(value, list):
        return format_html_join(mark_safe("<br>"), "{}", ((metrics_table(v),) for v in value))
    return format_html("{}", "–" if value is None else value)
