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

# The figures of the model cards again, from the shipped checkpoints; pictures to .data/figures.
data ?= ../shared/data
labels ?= $(data)/synthseg-labels
figures: setup-run
	$(python) -m ml.training.segment_head --labels $(labels) evaluate --real $(data)/head-mr
	$(python) -m ml.training.segment_head mosaics --real $(data)/head-mr
	$(python) -m ml.training.input_gate --labels $(labels) --real $(data) evaluate
	$(python) -m ml.training.synthetic_ct --pairs $(data)/sts-mr-ct --labels $(labels) evaluate
	$(python) -m ml.evaluation.study --labels $(labels) --people 10

setup-run:
	@deploy/setup.sh run

setup-test:
	@deploy/setup.sh test
