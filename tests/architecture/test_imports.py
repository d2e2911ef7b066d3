"""Who may import whom. The contracts themselves stand in pyproject.toml."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.processes import REPOSITORY

LIGHT = """
import sys
import ml.api
ml.api.manifests()
heavy = {"torch", "monai", "transformers", "openvino", "SimpleITK", "scipy"} & set(sys.modules)
sys.exit(f"loaded: {sorted(heavy)}" if heavy else 0)
"""

CONTRACTS = """
import sys
import ml.contracts, ml.contracts.manifest, ml.contracts.request, ml.contracts.events
import ml.contracts.results, ml.contracts.errors, ml.contracts.cancel, ml.contracts.geometry
foreign = {"numpy", "torch", "pydicom", "pydantic", "django"} & set(sys.modules)
sys.exit(f"loaded: {sorted(foreign)}" if foreign else 0)
"""


def _python(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )


def test_the_door_of_ml_is_light() -> None:
    done = _python(LIGHT)
    assert done.returncode == 0, done.stderr


def test_the_contracts_of_ml_need_the_standard_library_only() -> None:
    done = _python(CONTRACTS)
    assert done.returncode == 0, done.stderr


def test_the_web_process_loads_no_models() -> None:
    program = (
        "import sys, django\n"
        "django.setup()\n"
        "import apps.config.asgi, apps.config.urls\n"
        "heavy = {'torch', 'monai', 'transformers', 'openvino'} & set(sys.modules)\n"
        "sys.exit(f'loaded: {sorted(heavy)}' if heavy else 0)\n"
    )
    environment = {"DJANGO_SETTINGS_MODULE": "apps.config.settings.test", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
