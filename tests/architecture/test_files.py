"""Files short enough to read, in the places and under the names that everybody expects."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import REPOSITORY

LINES_MAX = 400
SOURCES = (".py", ".ts", ".tsx")
FOLDERS = ("apps", "ml", "tests", "frontend/src")
SKIPPED = {"migrations", "generated", "node_modules", "__pycache__"}
# A drawer with such a name fills with what belongs nowhere.
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "managers", "signal_handlers"}
APPS = sorted(path.parent for path in (REPOSITORY / "apps").glob("*/apps.py"))


def _files() -> Iterator[Path]:
    for folder in FOLDERS:
        for path in (REPOSITORY / folder).rglob("*"):
            if path.suffix in SOURCES and not SKIPPED & set(path.parts):
                yield path


def test_no_file_is_too_long() -> None:
    lengths = {path: path.read_text(encoding="utf-8").count("\n") for path in _files()}
    assert len(lengths) > 100
    long = {str(p.relative_to(REPOSITORY)): n for p, n in lengths.items() if n > LINES_MAX}
    assert not long


def test_there_are_no_drawers() -> None:
    found = [str(path.relative_to(REPOSITORY)) for path in _files() if path.stem in DRAWERS]
    assert not found


@pytest.mark.parametrize("app", APPS, ids=lambda path: path.name)
def test_every_app_is_laid_out_alike(app: Path) -> None:
    """Views, serializers and addresses of the API are in ``api``; rows in ``models``."""
    misplaced = {"views", "serializers", "urls", "viewsets", "signals", "consumers"}
    if app.name == "web":  # pages are not the API
        misplaced -= {"views", "urls"}
    if app.name == "jobs":  # the one signal that says a job is over, for apps to its left
        misplaced -= {"signals"}
    names = {path.stem for path in app.glob("*.py")}
    assert not names & misplaced
    if (app / "api").is_dir():
        assert (app / "api" / "urls.py").exists()
    if (app / "models.py").exists():
        assert (app / "migrations" / "0001_initial.py").exists()


@pytest.mark.parametrize("app", APPS, ids=lambda path: path.name)
def test_nobody_declares_a_bare_celery_task(app: Path) -> None:
    """``io_task`` and ``gpu_task`` fix queue, acknowledgement and what a lost worker means."""
    if app.name == "core":
        return
    for path in app.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "celery":
                assert "shared_task" not in {name.name for name in node.names}, path


def test_every_top_folder_says_what_lives_in_it() -> None:
    for folder in ("apps", "ml", "frontend", "deploy", "tests"):
        assert (REPOSITORY / folder / "README.md").is_file(), folder


def test_migrations_are_complete(db: None) -> None:
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
