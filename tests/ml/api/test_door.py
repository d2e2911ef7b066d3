from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_door_opens_without_heavy_libraries() -> None:
    heavy = "{'torch', 'transformers', 'numpy', 'pydicom', 'openvino', 'django'}"
    code = (
        "import sys, ml.api; ml.api.manifests(); "
        f"print(sorted({heavy} & set(sys.modules)))"
    )  # fmt: skip
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "[]"
