"""The study list at 10, 1,000 and 100,000 studies: the same page must not get slower.

    python -m tests.bench.studies_growth [--sizes 10 1000 100000]

On SQLite, and on PostgreSQL where it is installed. Each view is one page of 50 studies as the API
makes it: sorted, deep in the list, searched by common and rare words. Baseline: the same page at
the smallest size that fills it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from typing import Any

from tests.support.postgresql import postgresql_server
from tests.support.processes import REPOSITORY


def looked_at(sizes: list[str], environment: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.study_list", *sizes],
        cwd=REPOSITORY,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "apps.config.settings.test", **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def told(found: dict[str, Any]) -> None:
    sizes = list(found["sizes"])
    print(f"{found['database']}: ms a page ({', '.join(sizes)} studies), queries, ratio")
    base = sizes[-2] if len(sizes) > 1 else sizes[0]
    for view, last in found["sizes"][sizes[-1]].items():
        times = "  ".join(f"{found['sizes'][size][view]['ms']:8.1f}" for size in sizes)
        ratio = last["ms"] / found["sizes"][base][view]["ms"]
        print(f"  {view:22} {times}   {last['queries']} queries   {ratio:5.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", nargs="+", default=["10", "1000", "100000"])
    sizes = parser.parse_args().sizes
    load = os.getloadavg()[0]
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f} before", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        told(looked_at(sizes, {"SYNOPTIC_DATA_DIR": folder}))
        with postgresql_server() as url:
            told(looked_at(sizes, {"SYNOPTIC_DATA_DIR": folder, "SYNOPTIC_DATABASE_URL": url}))
    print(f"load {os.getloadavg()[0]:.1f} after")


if __name__ == "__main__":
    main()
