"""``make bench``: every benchmark, one after another, each in a process of its own.

    python -m tests.bench [NAME ...]

Each prints its figures as ratios to a named baseline measured in the same run, with the machine and
its load. Nothing here is a test: a slow machine does not fail.
"""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = {
    "intake": "instances a second with and without Synoptic following Orthanc",
    "volume": "a bulk volume against one request a frame",
    "studies_growth": "a page of the study list at 10, 1,000 and 100,000 studies",
    "viewer": "first image, whole volume and scrolling in Chromium",
    "latency": "engine to browser, with 1 and 50 watchers",
    "drafts": "eight drafts at once against one after another",
    "segmenter": "a 1 mm head against MONAI's sliding window in float32",
    "synthetic_ct": "MR in Orthanc to a stored synthetic CT against a plain script with MONAI",
    "prediction": "a follow-up with eight samples against drawing them one by one",
    "change": "two 1 mm heads to the change report against the same steps one by one",
    "sentences": "how many sentences of the language model are accepted",
}


def main(names: list[str]) -> int:
    unknown = sorted(set(names) - set(BENCHMARKS))
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)} (there are: {', '.join(BENCHMARKS)})")
        return 2
    failed = []
    for name in names or list(BENCHMARKS):
        print(f"\n== {name}: {BENCHMARKS[name]}", flush=True)
        run = subprocess.run([sys.executable, "-m", f"tests.bench.{name}"], check=False)
        if run.returncode != 0:
            failed.append(name)
    if failed:
        print(f"\nended with an error: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
