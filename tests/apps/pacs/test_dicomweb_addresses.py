from __future__ import annotations

import pytest

from apps.pacs.dicomweb.addresses import readable, storable

ALLOWED = {
    "studies": "",
    "series": "",
    "instances": "",
    "studies/1.2.3": "1.2.3",
    "studies/1.2.3/metadata": "1.2.3",
    "studies/1.2.3/series": "1.2.3",
    "studies/1.2.3/instances": "1.2.3",
    "studies/1.2.3/series/4.5": "1.2.3",
    "studies/1.2.3/series/4.5/metadata": "1.2.3",
    "studies/1.2.3/series/4.5/instances": "1.2.3",
    "studies/1.2.3/series/4.5/instances/6": "1.2.3",
    "studies/1.2.3/series/4.5/instances/6/metadata": "1.2.3",
    "studies/1.2.3/series/4.5/instances/6/rendered": "1.2.3",
    "studies/1.2.3/series/4.5/instances/6/frames/1": "1.2.3",
    "studies/1.2.3/series/4.5/instances/6/frames/1,2,30": "1.2.3",
    "studies/1.2.3/series/4.5/instances/6/bulk/7fe00010": "1.2.3",
}
REFUSED = (
    "",
    "system",
    "../system",
    "studies/../../system",
    "studies/1.2.3/../../instances",
    "studies/../series/4.5/metadata",
    "studies/1.2.3/series/../instances",
    "studies/./series",
    "studies/1.2.3/series/4/instances/6/frames/",
    "studies/1.2.3/series/4/instances/6/frames/1/../..",
    "studies/1.2.3/series/4/instances/6/file",
    "studies/1.2.3%2f..",
    "studies/1.2.3\n",
    "studies/" + "1" * 65,
    "servers",
    "info",
    "patients",
)


@pytest.mark.parametrize("path", ALLOWED)
def test_what_dicomweb_offers_is_let_through(path: str) -> None:
    address = readable(path)
    assert address is not None
    assert address.study_uid == ALLOWED[path]


@pytest.mark.parametrize("path", REFUSED)
def test_everything_else_does_not_exist(path: str) -> None:
    assert readable(path) is None


def test_only_studies_are_stored_to() -> None:
    assert storable("studies") is not None
    assert storable("studies/1.2.3") is not None
    assert storable("studies/1.2.3/series/4") is None
    assert storable("series") is None
