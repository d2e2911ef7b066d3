"""How an image was taken, as its tags tell."""

from __future__ import annotations

import pytest

from apps.studies import scans
from apps.studies.tags import key


@pytest.mark.parametrize(
    ("description", "name"),
    [
        ("t1_mprage_sag_p2_iso", "T1"),
        ("3D T1 POST GAD", "T1+C"),
        ("T1W+C", "T1+C"),
        ("T1 pre contrast", "T1"),
        ("Sag 3D FLAIR T2", "FLAIR"),
        ("t2_space_dark-fluid", "FLAIR"),
        ("T2 TSE ax", "T2"),
        ("T2* GRE", "T2*"),
        ("ep2d_DWI_b1000_ADC", "ADC"),
        ("STIR cor", "STIR"),
        ("ax PD fs", "PD"),
        ("localizer", ""),
        ("", ""),
    ],
)
def test_sequences_of_descriptions(description: str, name: str) -> None:
    assert scans.sequence_of(description, "MR") == name
    assert scans.sequence_of(description, "CT") == ""


def test_what_the_tags_say_beside_the_description() -> None:
    tags = {
        key("Modality"): "MR",
        key("SeriesDescription"): "Series 4",
        key("ProtocolName"): "T1 MPRAGE",
        key("ContrastBolusAgent"): "Gadovist",
        key("Manufacturer"): "Acme" * 10,
        key("ManufacturerModelName"): "Two" * 40,
    }
    assert scans.sequence(tags) == "T1+C"
    assert scans.sequence({**tags, key("ContrastBolusAgent"): "NONE"}) == "T1"
    assert scans.device(tags).startswith("AcmeAcme")
    assert len(scans.device(tags)) == scans.DEVICE_MAX
    assert scans.device({key("Manufacturer"): "ACME "}) == "ACME"
    assert (scans.sequence({}), scans.device({})) == ("", "")
