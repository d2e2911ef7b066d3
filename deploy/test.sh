#!/usr/bin/env bash
# The whole test run: checks, then every Python test. The services that the tests need are started
# by the tests themselves, on ports and in folders of their own.
set -euo pipefail
cd "$(dirname "$0")/.."
deploy/check.sh
export OMP_WAIT_POLICY=PASSIVE
pytest=".venv/bin/python -m pytest --durations=12"
# A file at a time on each of two processes, each with services of its own.
$pytest -n 2 --dist loadfile --ignore=tests/e2e
# The browser's driver runs an event loop of its own, so its tests get a process of their own; they
# follow one user through the product, in order.
$pytest -p no:randomly tests/e2e
