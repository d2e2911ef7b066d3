"""The card as XML, as the CHAI schema v0.2 has it."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree

from ml.contracts.card import NAMESPACE, NOT_STATED, ChaiCard

# What XML 1.0 cannot hold.
_CONTROL = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_xml(card: ChaiCard) -> str:
    """The card as an XML document. The schema wants a result in every pillar: one that has none
    gets the label "not stated" and a null value."""
    root = ElementTree.Element("AppliedModelCard", xmlns=NAMESPACE)
    for name, content in card["AppliedModelCard"].items():
        _add(root, name, content)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _add(parent: ElementTree.Element, name: str, content: Any) -> None:
    element = ElementTree.SubElement(parent, name)
    if name == "Results":
        nothing = {"Label": NOT_STATED, "Value": {"kind": "single", "value": None}}
        for result in content if isinstance(content, list) else [nothing]:
            item = ElementTree.SubElement(element, "MetricResult")
            _add(item, "Label", result["Label"])
            told = json.dumps(result["Value"], ensure_ascii=False, separators=(",", ":"))
            _add(item, "ValueJson", told)
    elif name == "Keywords":
        for word in content:
            _add(element, "Keyword", word)
    elif isinstance(content, dict):
        for key, item in content.items():
            _add(element, key, item)
    else:
        element.text = _CONTROL.sub("", str(content))
