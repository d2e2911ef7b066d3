#!/usr/bin/env bash
# The whole test run: checks, then every Python test. The services that the tests need are started
# by the tests themselves, on ports and in folders of their own.
set -euo pipefail
cd "$(dirname "$0")/.."
deploy/check.sh
export OMP_WAIT_POLICY=PASSIVE
exec .venv/bin/python -m pytest --durations=15 "$@"
