"""Every code we write is one that the standard's dictionary knows under that meaning."""

from __future__ import annotations

import pytest
from pydicom.sr._concepts_dict import concepts
from pydicom.sr.coding import Code

from ml.dicom import structures, write_sr

OURS = [
    *(item.code for item in structures.structures().values()),
    structures.ANATOMY,
    structures.TISSUE,
    structures.SUBSTANCE,
    structures.LEFT,
    structures.RIGHT,
    write_sr.VOLUME,
]


@pytest.mark.parametrize("code", sorted(set(OURS)), ids=lambda code: str(code.meaning))
def test_code_is_in_the_dictionary(code: Code) -> None:
    entries: list[dict[str, tuple[str, list[int]]]] = list(
        concepts[code.scheme_designator].values()  # type: ignore[arg-type]  # untyped table
    )
    assert code.meaning in {entry[code.value][0] for entry in entries if code.value in entry}


def test_labels_are_freesurfers_and_sides_differ() -> None:
    table = structures.structures()
    assert table[17].name == "left hippocampus"
    assert table[53].name == "right hippocampus"
    assert table[17].code == table[53].code
    assert (table[17].side_code, table[53].side_code) == (structures.LEFT, structures.RIGHT)
    assert table[16].side is None
    assert len({item.name for item in table.values()}) == len(table)


def test_every_label_of_the_segmenter_has_a_structure() -> None:
    from ml.simulate.labels import TISSUES

    ids = {i for tissue in TISSUES for i in (tissue.left_id, tissue.right_id)} - {0}
    assert ids == set(structures.structures())
    for tissue in TISSUES:
        if tissue.left_id:
            assert structures.structure(tissue.left_id).name.endswith(tissue.name)
