from __future__ import annotations

import pytest

from apps.studies import search
from apps.studies.models import Study
from apps.studies.selectors import studies_found
from tests.factories.studies import studies_fill


def test_case_accents_and_separators_do_not_matter() -> None:
    assert search.words("GROẞMANN^Jürgen") == ["grossmann", "jurgen"]
    assert search.words("Çelik=チェリク") == ["celik", "チェリク"]
    assert search.name_key("Fernández^Ana María") == "fernandez ana maria"


def test_an_identifier_is_found_with_and_without_its_punctuation() -> None:
    terms = search.study_terms(texts=(), identifiers=("AB-12.3",), modalities=("MR",))
    assert terms == {"ab", "12", "3", "ab123", "=modality:MR"}


@pytest.mark.django_db
class TestFinding:
    @pytest.fixture(autouse=True)
    def filled(self) -> None:
        studies_fill(64)

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ("", 64),
            ("   ", 64),
            ("celik", 8),
            ("ÇEL", 8),
            ("gros brun", 1),
            ("P0000007", 1),
            ("acc00000", 64),
            ("mr head", 16),
            ("head mr", 16),
            ("modality", 0),
            ("nobody", 0),
            ("%", 64),
            ("'; drop table", 0),
        ],
    )
    def test_every_word_must_begin_a_word_of_the_study(self, query: str, count: int) -> None:
        assert studies_found(query=query).count() == count

    def test_filters_combine(self) -> None:
        found = studies_found(query="head", modality="mr")
        assert found.count() == 16
        assert {tuple(study.modalities) for study in found} == {("MR",)}

    def test_dates_bound_the_list(self) -> None:
        dates = sorted(Study.objects.values_list("date_key", flat=True))
        found = studies_found(date_from=dates[10], date_to=dates[19])
        assert found.count() == 10
