from __future__ import annotations

from pathlib import Path

import pytest

from apps.config import env


@pytest.mark.parametrize("value", ["1", "yes", "True", " true", "on", "true "])
def test_a_flag_is_true_or_false_and_nothing_else(value: str) -> None:
    with pytest.raises(env.EnvironmentRefused, match="SYNOPTIC_DEBUG"):
        env.flag("DEBUG", default=False, source={"SYNOPTIC_DEBUG": value})


@pytest.mark.parametrize("value", ["80 00", "0x50", "-1", "8e3", "70000", "0", "٣"])
def test_a_port_is_a_decimal_number_in_range(value: str) -> None:
    with pytest.raises(env.EnvironmentRefused, match="SYNOPTIC_PORT"):
        env.port("PORT", 8000, source={"SYNOPTIC_PORT": value})


def test_an_empty_value_means_the_default() -> None:
    assert env.port("PORT", 8000, source={"SYNOPTIC_PORT": ""}) == 8000
    assert env.flag("DEBUG", default=True, source={}) is True


def test_a_required_setting_names_itself_when_missing() -> None:
    with pytest.raises(env.EnvironmentRefused, match="SYNOPTIC_SECRET_KEY must be set"):
        env.required("SECRET_KEY", source={})


@pytest.mark.parametrize("value", ["cuda:0", "gpu", "CPU"])
def test_a_choice_is_one_of_those_offered(value: str) -> None:
    with pytest.raises(env.EnvironmentRefused, match="auto, cpu, cuda"):
        env.choice("DEVICE", "auto", ("auto", "cpu", "cuda"), source={"SYNOPTIC_DEVICE": value})


@pytest.mark.parametrize("value", ["redis:6379", "http://127.0.0.1", "redis://"])
def test_an_address_has_the_right_scheme_and_a_host(value: str) -> None:
    with pytest.raises(env.EnvironmentRefused, match="SYNOPTIC_REDIS_URL"):
        env.url("REDIS_URL", "", ("redis",), source={"SYNOPTIC_REDIS_URL": value})


def test_words_are_split_at_commas_and_never_empty() -> None:
    source = {"SYNOPTIC_ALLOWED_HOSTS": "a.example, b.example"}
    assert env.words("ALLOWED_HOSTS", (), source=source) == ["a.example", "b.example"]
    with pytest.raises(env.EnvironmentRefused):
        env.words("ALLOWED_HOSTS", (), source={"SYNOPTIC_ALLOWED_HOSTS": "a.example,,"})


def test_sqlite_waits_for_its_turn_and_lets_readers_through(tmp_path: Path) -> None:
    options = env.database(tmp_path, source={})["OPTIONS"]
    assert isinstance(options, dict)
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]


def test_postgresql_by_address(tmp_path: Path) -> None:
    address = "postgresql://syn:p%40ss@db.example:5433/images"
    made = env.database(tmp_path, source={"SYNOPTIC_DATABASE_URL": address})
    assert made["NAME"] == "images"
    assert made["PASSWORD"] == "p@ss"
    assert (made["HOST"], made["PORT"]) == ("db.example", "5433")


@pytest.mark.parametrize("address", ["mysql://a/b", "postgresql://host", "sqlite:///x"])
def test_other_databases_are_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(env.EnvironmentRefused, match="postgresql://"):
        env.database(tmp_path, source={"SYNOPTIC_DATABASE_URL": address})
