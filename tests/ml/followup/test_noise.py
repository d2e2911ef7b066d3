"""Change in percent, yearly rates and the band of noise."""

from __future__ import annotations

import pytest

from ml.followup.noise import LEAST_PERCENT, change_of, noise_percent, noise_table, per_year


def test_a_change_within_the_band_is_noise_and_beyond_it_is_not() -> None:
    within = change_of(3.0, 3.05, noise=3.0, days=365, comparable=True)
    beyond = change_of(3.0, 3.2, noise=3.0, days=365, comparable=True)
    assert (within.verdict, beyond.verdict) == ("within_noise", "change")
    assert beyond.change_percent == pytest.approx(6.67, abs=0.01)
    assert beyond.per_year_percent == pytest.approx(6.67, abs=0.02)


def test_what_cannot_be_compared_shows_no_percentage() -> None:
    for one in (
        change_of(3.0, 2.0, noise=3.0, days=365, comparable=False),
        change_of(0.0, 2.0, noise=3.0, days=365, comparable=True),
    ):
        assert one.verdict == "not_comparable"
        assert one.change_percent is None
        assert one.per_year_percent is None


def test_without_a_measured_band_nothing_is_called_a_change() -> None:
    assert change_of(3.0, 6.0, noise=None, days=365, comparable=True).verdict == "within_noise"


@pytest.mark.parametrize(
    ("days", "expected"),
    [(None, None), (0, None), (29, None), (731, pytest.approx(-5.0, abs=0.02))],
)
def test_a_rate_needs_dates_far_enough_apart(days: int | None, expected: float | None) -> None:
    assert per_year(10.0, 10.0 * 0.95**2, days) == expected


def test_what_vanished_has_no_rate() -> None:
    assert per_year(10.0, 0.0, 400) is None


def test_the_table_is_that_of_the_segmenters_repeated_scans() -> None:
    # 1.02 % on average between repeated T1-like scans (metrics of head_unet).
    assert noise_percent("hippocampus", "T1-like") == pytest.approx(1.02 * 2.456, abs=0.01)
    assert noise_percent("cerebral cortex", "T1-like") == LEAST_PERCENT
    assert noise_percent("no such structure", "T1-like") is None
    widest = max(rows["caudate"] for rows in noise_table().values())
    assert noise_percent("caudate", None) == widest
