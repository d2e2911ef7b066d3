"""The elements of one instance, for a person to read."""

from __future__ import annotations

from typing import Any

from pydicom.datadict import keyword_for_tag

from apps.core.errors import NotFound
from apps.pacs import resources

TEXT_MAX = 2000


def instance_header(sop_instance_uid: str) -> list[dict[str, Any]]:
    instance = resources.lookup(sop_instance_uid, "Instance")
    if instance is None:
        raise NotFound("There is no such instance.", code="instance_not_found")
    return _elements(resources.instance_metadata(instance))


def _elements(dataset: dict[str, Any]) -> list[dict[str, Any]]:
    """DICOM JSON (PS3.18 F) as a flat list; sequences hold lists of the same."""
    return [
        {
            "tag": f"({tag[:4]},{tag[4:]})",
            "vr": element.get("vr", "UN"),
            "keyword": keyword_for_tag(int(tag, 16)),
            "value": _value(element),
        }
        for tag, element in sorted(dataset.items())
    ]


def _value(element: dict[str, Any]) -> Any:
    if "BulkDataURI" in element or "InlineBinary" in element:
        return "(binary)"
    values = element.get("Value", [])
    if element.get("vr") == "SQ":
        return [_elements(item) for item in values]
    if element.get("vr") == "PN":
        return "\\".join("=".join(filter(None, v.values())) for v in values if v)
    text = "\\".join("" if v is None else str(v) for v in values)
    return text if len(text) <= TEXT_MAX else text[:TEXT_MAX] + "…"
