# What can be asked of this repository. `make run` starts the product, `make test` checks it.
.PHONY: run test check fix bench figures setup-run setup-test
python := .venv/bin/python

run: setup-run
	@exec $(python) -m apps.web.supervision

test: setup-test
	@deploy/test.sh

check: setup-test
	@deploy/check.sh

fix: setup-test
	$(python) -m ruff check --fix --quiet . ; $(python) -m ruff format .
	npm --prefix frontend run --silent fix

bench: setup-test
	@$(python) -m tests.bench $(only)

figures: setup-run
	$(python) -m ml.training.segment_head evaluate

setup-run:
	@deploy/setup.sh run

setup-test:
	@deploy/setup.sh test
