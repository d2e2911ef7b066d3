from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from apps.config.keys import FILE, load_or_create


def test_secrets_are_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    first = load_or_create(tmp_path)
    assert load_or_create(tmp_path) == first
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_a_data_folder_that_a_command_makes_first_is_private(tmp_path: Path) -> None:
    load_or_create(tmp_path / "data")
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_those_who_start_together_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: load_or_create(tmp_path), range(8)))
    assert all(secrets == found[0] for secrets in found)


def test_a_secret_that_came_later_is_added_to_what_is_there(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(json.dumps({"secret_key": "kept"}))
    found = load_or_create(tmp_path)
    assert found["secret_key"] == "kept"
    assert len(found["redis_password"]) > 20
