from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from apps.studies import attributes
from apps.studies import tags as t


def tags(**values: Any) -> t.Tags:
    return {t.key(keyword): value for keyword, value in values.items()}


def coded(keyword: str, code: str, **more: Any) -> t.Tags:
    return tags(**{keyword: [tags(CodeValue=code)]}, **more)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("20240305", dt.date(2024, 3, 5)),
        ("2024.03.05", dt.date(2024, 3, 5)),
        ("20240231", None),
        ("", None),
        ("yesterday", None),
    ],
)
def test_dates(written: str, read: dt.date | None) -> None:
    assert t.date(tags(StudyDate=written), "StudyDate") == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("101112.123456", dt.time(10, 11, 12)),
        ("10:11:12", dt.time(10, 11, 12)),
        ("1011", dt.time(10, 11)),
        ("10", dt.time(10)),
        ("235960", dt.time(23, 59, 59)),
        ("9", None),
        ("256161", None),
    ],
)
def test_times(written: str, read: dt.time | None) -> None:
    assert t.time(tags(StudyTime=written), "StudyTime") == read


@pytest.mark.parametrize("odd", ["", "a\\b", "1\\nan", "inf", "1\\2", None, [], "1\\2\\3\\4"])
def test_odd_numbers_are_no_numbers(odd: Any) -> None:
    assert t.numbers(tags(ImagePositionPatient=odd), "ImagePositionPatient", 3) is None


def test_a_count_is_natural() -> None:
    assert t.natural(tags(Rows="512"), "Rows") == 512
    assert t.natural(tags(Rows="-1"), "Rows") is None
    assert t.natural(tags(Rows="99999999999"), "Rows") is None


@pytest.mark.parametrize(
    ("values", "part"),
    [
        ({"BodyPartExamined": "Brain "}, "BRAIN"),
        ({"SeriesDescription": "t1_mprage_sag"}, "BRAIN"),
        ({"StudyDescription": "CT^Head_routine"}, "HEAD"),
        ({"StudyDescription": "MRT Schädel nativ"}, "HEAD"),
        ({"SeriesDescription": "headache protocol"}, ""),
        ({"SeriesDescription": "t2", "ProtocolName": "KNEE left"}, "KNEE"),
        ({}, ""),
    ],
)
def test_body_part_is_recorded_or_read_from_words(values: dict[str, str], part: str) -> None:
    assert attributes.body_part(tags(**values)) == part


def test_kinds() -> None:
    image = tags(Rows="2", Columns="2")
    assert attributes.series_kind(image, "1.2.840.10008.5.1.4.1.1.2") == "image"
    assert attributes.series_kind(image, "1.2.840.10008.5.1.4.1.1.66.4") == "seg"
    assert attributes.series_kind({}, "1.2.840.10008.5.1.4.1.1.88.34") == "sr"
    assert attributes.series_kind({}, "1.2.840.10008.5.1.4.1.1.481.3") == "rtstruct"
    assert attributes.series_kind(image, "1.2.840.10008.5.1.4.1.1.481.2") == "rtdose"
    assert attributes.series_kind({}, "1.2.3") == "other"


def test_what_says_that_a_model_made_it() -> None:
    purpose = "PurposeOfReferenceCodeSequence"
    synthesized = tags(ContributingEquipmentSequence=[coded(purpose, "109100")])
    processed = coded(purpose, "109102", Manufacturer="Acme")
    ours = coded(purpose, "109102", Manufacturer="Synoptic")
    algorithm = coded("AlgorithmFamilyCodeSequence", "123110")
    segment = tags(SegmentationAlgorithmIdentificationSequence=[algorithm])
    assert attributes.ai_generated(synthesized)
    assert attributes.ai_generated(tags(ContributingEquipmentSequence=[ours]))
    assert attributes.ai_generated(tags(SegmentSequence=[segment]))
    assert attributes.ai_generated(tags(AuthorObserverSequence=[tags(ObserverType="DEV")]))
    assert not attributes.ai_generated(tags(ContributingEquipmentSequence=[processed]))
    # An image that we only converted is a real image.
    converted = tags(Rows="2", ContributingEquipmentSequence=[ours])
    assert not attributes.ai_generated(converted)
    assert not attributes.ai_generated(tags(AuthorObserverSequence=[tags(ObserverType="PSN")]))


def test_synthetic_pixels_say_so() -> None:
    assert attributes.synthetic(tags(SyntheticData="YES"))
    assert not attributes.synthetic(tags(SyntheticData="NO"))
    assert not attributes.synthetic({})


def test_sources_are_named_by_series() -> None:
    named = tags(ReferencedSeriesSequence=[tags(SeriesInstanceUID="1.2")])
    assert attributes.derived_from(named) == ["1.2"]
    evidence = tags(CurrentRequestedProcedureEvidenceSequence=[named])
    assert attributes.derived_from(evidence) == ["1.2"]
    source = tags(SourceImageSequence=[tags(ReferencedSOPInstanceUID="3.4")])
    assert attributes.derived_from(source) == []
    assert attributes.source_instance(source) == "3.4"
