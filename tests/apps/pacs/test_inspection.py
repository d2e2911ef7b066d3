"""Every kind of file that must not reach the archive is refused with its own code."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGLSLossless, MediaStorageDirectoryStorage

from apps.pacs.errors import InstanceRefused
from apps.pacs.inspection import inspect
from tests.factories.dicom import as_file, ct_slice

WHOLE = as_file(ct_slice(number=1, position=(0, 0, 0)))


def compressed(frames: list[bytes], *, claimed: int) -> bytes:
    dataset = ct_slice(number=1, position=(0, 0, 0), NumberOfFrames=claimed)
    dataset.file_meta.TransferSyntaxUID = JPEGLSLossless
    dataset.PixelData = encapsulate(frames)
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return as_file(dataset)


def without_transfer_syntax() -> bytes:
    return WHOLE.replace(b"\x02\x00\x10\x00UI", b"\x02\x00\x11\x00UI", 1)


def directory() -> bytes:
    dataset = ct_slice(number=1, position=(0, 0, 0), SOPClassUID=MediaStorageDirectoryStorage)
    return as_file(dataset)


HOSTILE = {
    "nothing at all": (b"", "empty_file"),
    "a picture": (b"\xff\xd8\xff\xe0" + b"\0" * 300, "other_format"),
    "a document": (b"%PDF-1.7" + b" " * 300, "other_format"),
    "text": (b"Dear colleague, " * 40, "not_dicom"),
    "zeros": (b"\0" * 4096, "not_dicom"),
    "a bare data set": (
        WHOLE[132 + 200 :][:0] + b"\x08\x00\x05\x00" + b"\0" * 200,
        "header_missing",
    ),
    "only a preamble": (b"\0" * 128 + b"DICM", "transfer_syntax_missing"),
    "no transfer syntax": (without_transfer_syntax(), "transfer_syntax_missing"),
    "a directory": (directory(), "dicomdir"),
    "no series": (
        as_file(ct_slice(number=1, position=(0, 0, 0), SeriesInstanceUID=None)),
        "identifiers_missing",
    ),
    "an endless identifier": (
        as_file(ct_slice(number=1, position=(0, 0, 0), StudyInstanceUID="1." * 40 + "1")),
        "identifier_invalid",
    ),
    "an identifier that leads elsewhere": (
        as_file(ct_slice(number=1, position=(0, 0, 0), StudyInstanceUID="../../instances/x?")),
        "identifier_invalid",
    ),
    "rows that are no number": (
        WHOLE.replace(b"\x28\x00\x10\x00US", b"\x28\x00\x10\x00FD", 1),
        "unreadable",
    ),
    "half its pixels": (WHOLE[:-200], "pixel_data_truncated"),
    "no pixels": (WHOLE[: WHOLE.rindex(b"\xe0\x7f\x10\x00")], "pixel_data_truncated"),
    "fewer frames than it says": (compressed([b"ab"], claimed=3), "pixel_data_truncated"),
    "a fragment cut short": (compressed([b"ab" * 50], claimed=1)[:-60], "pixel_data_truncated"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_it_is_refused_with_its_code(case: str, tmp_path: Path) -> None:
    content, code = HOSTILE[case]
    path = tmp_path / "file.dcm"
    path.write_bytes(content)
    with pytest.raises(InstanceRefused) as refusal:
        inspect(path)
    assert refusal.value.code == code
    assert refusal.value.user_message.endswith(".")


@pytest.mark.parametrize("cut", range(0, len(WHOLE) - 600, 37))
def test_a_file_cut_anywhere_is_refused_and_never_crashes(cut: int) -> None:
    with pytest.raises(InstanceRefused):
        inspect(WHOLE[:cut])


def test_a_whole_file_tells_its_identity() -> None:
    dataset = ct_slice(number=1, position=(0, 0, 0))
    identity = inspect(as_file(dataset))
    assert identity.sop_instance_uid == dataset.SOPInstanceUID
    assert identity.study_uid == dataset.StudyInstanceUID


def test_compressed_pixels_are_counted_in_frames() -> None:
    dataset = compressed([b"ab", b"cd"], claimed=2)
    assert inspect(dataset).sop_instance_uid


@pytest.mark.realdata
def test_every_odd_file_is_judged(realdata: Path) -> None:
    refused = {}
    for path in sorted((realdata / "dicom" / "odd").iterdir()):
        try:
            inspect(path)
        except InstanceRefused as refusal:
            refused[path.name] = refusal.code
    assert refused == {
        "JPEGLSNearLossless_08.dcm": "identifiers_missing",
        "MR_truncated.dcm": "pixel_data_truncated",
        "UN_sequence.dcm": "identifiers_missing",
        "empty_charset_LEI.dcm": "identifiers_missing",
        "meta_missing_tsyntax.dcm": "transfer_syntax_missing",
        "nested_priv_SQ.dcm": "identifiers_missing",
        "no_meta.dcm": "not_dicom",
        "rtstruct.dcm": "header_missing",
    }


@pytest.mark.realdata
def test_every_transfer_syntax_is_whole(realdata: Path) -> None:
    for path in sorted((realdata / "dicom" / "transfer_syntaxes").iterdir()):
        if "truncated" not in path.name:
            assert inspect(path).sop_instance_uid
