"""Voxels read from Orthanc's files: exactly those of the frame, or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.uid import ImplicitVRLittleEndian
from pytest_django import Settings

from apps.pacs.storage import attachment_path, frame_read
from tests.factories.dicom import as_file, ct_slice


def written(tmp_path: Path, **tags: Any) -> Path:
    dataset = ct_slice(number=7, position=(0, 0, 0), **tags)
    path = tmp_path / "object"
    path.write_bytes(as_file(dataset))
    return path


def test_the_frame_is_found(tmp_path: Path) -> None:
    found = frame_read(written(tmp_path), index=0, frame_bytes=512, frames=1)
    assert found == np.full(256, 7, "<i2").tobytes()


def test_implicit_and_multi_frame_objects(tmp_path: Path) -> None:
    dataset = ct_slice(number=1, position=(0, 0, 0), NumberOfFrames=3)
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset.PixelData = np.repeat(np.arange(3, dtype="<i2"), 256).tobytes()
    path = tmp_path / "object"
    path.write_bytes(as_file(dataset))
    for index in range(3):
        found = frame_read(path, index=index, frame_bytes=512, frames=3)
        assert found == np.full(256, index, "<i2").tobytes()


@pytest.mark.parametrize(
    ("frame_bytes", "frames"), [(510, 1), (514, 1), (512, 2), (256, 1), (10**9, 1)]
)
def test_another_size_than_the_file_has_is_nothing(
    tmp_path: Path, frame_bytes: int, frames: int
) -> None:
    path = written(tmp_path)
    assert frame_read(path, index=0, frame_bytes=frame_bytes, frames=frames) is None


def test_elements_behind_the_pixels_are_left_to_orthanc(tmp_path: Path) -> None:
    path = written(tmp_path, DataSetTrailingPadding=b"\0" * 64)
    assert frame_read(path, index=0, frame_bytes=512, frames=1) is None


def test_a_file_that_is_not_there_is_nothing(tmp_path: Path) -> None:
    assert frame_read(tmp_path / "gone", index=0, frame_bytes=512, frames=1) is None
    empty = tmp_path / "empty"
    empty.touch()
    assert frame_read(empty, index=0, frame_bytes=512, frames=1) is None


def test_only_an_attachment_has_a_path(settings: Settings, tmp_path: Path) -> None:
    settings.ORTHANC_STORAGE = tmp_path
    uuid = "58512175-d99a-4af4-b4fe-565d835aa4b1"
    assert attachment_path(uuid) == tmp_path / "58" / "51" / uuid
    assert attachment_path("../../etc/passwd") is None
    assert attachment_path("") is None
