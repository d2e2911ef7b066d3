"""Files that are not what they claim: every one ends in a reason, none in a traceback."""

from __future__ import annotations

import random
import struct
import zlib
from pathlib import Path

import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
)

from ml.contracts.errors import InputRefused, InputUnreadable, MlError
from ml.dicom import files
from ml.dicom.headers import source_headers
from ml.dicom.read import read_series, read_volume
from tests.ml.dicom.series import mr_series

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01" + b"\x00" * 3000 + b"\xff\xd9"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"just text\n" * 100,
        JPEG,
        b"PK\x03\x04" + b"\0" * 500,
        b"\0" * 128 + b"DICM",
        b"\0" * 128 + b"DICM" + b"\xff" * 400,
        b"\0" * 128 + b"DICM" + struct.pack("<HH2sHI", 2, 0, b"UL", 4, 2**31),
        b"<html><body>404</body></html>",
        bytes(range(256)) * 40,
    ],
)
@pytest.mark.parametrize("kind", ["dicom", "nifti"])
def test_junk_is_unreadable(tmp_path: Path, content: bytes, kind: str) -> None:
    path = tmp_path / "scan.dcm"
    path.write_bytes(content)
    with pytest.raises(InputUnreadable):
        read_volume(path, kind)  # type: ignore[arg-type]  # one of the two


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(InputUnreadable, match="no such file"):
        read_series(tmp_path / "none")
    with pytest.raises(InputUnreadable, match="no files"):
        read_series(tmp_path)


def test_reasons_name_no_path_and_no_patient(tmp_path: Path) -> None:
    paths = mr_series(tmp_path / "Secret")
    paths[2].unlink()
    with pytest.raises(InputRefused) as caught:
        read_series(tmp_path / "Secret")
    assert "Secret" not in caught.value.user_message
    assert "Test" not in caught.value.user_message


def test_invalid_values_are_not_quoted_in_warnings(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    for path in mr_series(tmp_path):
        content = path.read_bytes().replace(b"19700102", b"SECRET01")
        path.write_bytes(content)
    volume = read_series(tmp_path)
    assert volume.source is not None
    source_headers(volume.source)
    assert not [w for w in recwarn if "SECRET" in str(w.message)]


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILES", 3)
    mr_series(tmp_path)
    with pytest.raises(InputUnreadable, match="more than 3 files"):
        read_series(tmp_path)


@pytest.mark.parametrize("seed", range(60))
def test_random_damage_never_escapes(tmp_path: Path, seed: int) -> None:
    """Flip, cut and insert bytes in the header of one slice: a volume or a reason, nothing else."""
    paths = mr_series(tmp_path)
    chance = random.Random(seed)
    content = bytearray(paths[2].read_bytes())
    for _ in range(chance.randint(1, 12)):
        content[chance.randrange(132, len(content))] = chance.randrange(256)
    if seed % 4 == 0:
        del content[chance.randrange(132, len(content)) :]
    paths[2].write_bytes(content)
    outcome: object
    try:
        outcome = read_series(tmp_path)
    except MlError as error:
        outcome = error.user_message
    assert outcome


@pytest.mark.parametrize("keep", [100, 140, 300, 600, 900])
def test_cut_off_anywhere(tmp_path: Path, keep: int) -> None:
    path = mr_series(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputRefused):
        read_series(path)


def test_half_a_pixel_stream_is_unreadable(tmp_path: Path) -> None:
    for path in mr_series(tmp_path):
        path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputUnreadable, match="cut off"):
        read_series(tmp_path)


def test_tiny_stream_that_claims_a_huge_image(tmp_path: Path) -> None:
    for path in mr_series(tmp_path):
        dataset = pydicom.dcmread(path)
        dataset.Rows = dataset.Columns = 9000
        dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
        dataset.PixelData = encapsulate([b"\xff\x4f\xff\x51" + b"\0" * 200])
        dataset["PixelData"].VR = "OB"
        dataset.save_as(path)
    with pytest.raises(InputUnreadable, match="cut off"):
        read_series(tmp_path)


@pytest.mark.parametrize(
    ("syntax", "frame"),
    [
        (JPEG2000Lossless, b"\xff\x4f\xff\x51\0\x29\0\0" + struct.pack(">4I", 60000, 60000, 0, 0)),
        (JPEGLosslessSV1, b"\xff\xd8\xff\xc3\0\x0b\x10" + struct.pack(">2H", 60000, 60000)),
        (JPEGLSLossless, b"\xff\xd8\xff\xf7\0\x0b\x10" + struct.pack(">2H", 60000, 60000)),
    ],
)
def test_codestream_that_claims_more_than_the_header(
    tmp_path: Path, syntax: UID, frame: bytes
) -> None:
    for path in mr_series(tmp_path):
        dataset = pydicom.dcmread(path)
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.PixelData = encapsulate([frame + b"\0" * 60])
        dataset["PixelData"].VR = "OB"
        dataset.save_as(path)
    with pytest.raises(InputUnreadable, match="another size"):
        read_series(tmp_path)


def test_compressed_stream_of_junk_names_the_syntax(tmp_path: Path) -> None:
    for path in mr_series(tmp_path):
        dataset = pydicom.dcmread(path)
        dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
        dataset.PixelData = encapsulate([b"\xff\x4f\xff\x52" + b"\x11" * 200])
        dataset["PixelData"].VR = "OB"
        dataset.save_as(path)
    with pytest.raises(InputUnreadable, match="JPEG 2000"):
        read_series(tmp_path)


def deflated(path: Path, payload: bytes) -> None:
    dataset = pydicom.dcmread(path)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.save_as(path)
    if payload:
        whole = path.read_bytes()
        meta = pydicom.filereader.read_file_meta_info(path)
        start = 144 + int(meta.FileMetaInformationGroupLength)
        packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        path.write_bytes(whole[:start] + packer.compress(payload) + packer.flush())


def test_deflated_series_reads(tmp_path: Path) -> None:
    for path in mr_series(tmp_path):
        deflated(path, b"")
    assert read_series(tmp_path).shape == (6, 10, 8)


def test_deflate_bomb_is_not_inflated(tmp_path: Path) -> None:
    path = mr_series(tmp_path)[0]
    deflated(path, b"\0" * (files.MAX_DEFLATED_BYTES + 2**20))
    assert path.stat().st_size < 200_000
    with pytest.raises(InputUnreadable, match="no readable DICOM"):
        read_series(path)


def test_endless_nesting_is_unreadable(tmp_path: Path) -> None:
    nested = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF)
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    header = mr_series(tmp_path)[0].read_bytes()[:400]
    path = tmp_path / "deep" / "a.dcm"
    path.parent.mkdir()
    path.write_bytes(header + (nested + item) * 5000)
    with pytest.raises(InputRefused):
        read_series(path)
