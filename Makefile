# make demo   the main job on the examples, against the embedded sandbox
# make test   every check: format, lint, types, tests; what CI runs
# make help   the rest

PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
STAMP   = $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test check format lint types tests test-long golden soak bench mutants pages docs clean

help:  ## show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(STAMP)  ## validate, plan, apply, drift and repair on the examples
	@$(BIN)/python examples/demo.py

test: check  ## every check, the same as CI
check: lint types tests

lint: $(STAMP)  ## formatting and lint
	$(BIN)/ruff format --no-cache --check .
	$(BIN)/ruff check --no-cache .

types: $(STAMP)  ## mypy --strict
	$(BIN)/mypy

tests: $(STAMP)  ## pytest, on every core
	$(BIN)/pytest -n auto --dist loadgroup --hypothesis-profile ci

test-long: $(STAMP) soak  ## what is long by its nature: marked tests, the properties at random, a soak
	$(BIN)/pytest -n auto --dist loadgroup -m long --timeout 3600 -o faulthandler_timeout=3660
	RECONCILER_SOAK=1 $(BIN)/pytest -n auto --dist loadgroup tests/property tests/sandbox/test_sdk_connectors.py

soak: $(STAMP)  ## kill, starve and confuse applies for up to half an hour (MINUTES=30)
	$(BIN)/python -m tests.journeys.survival.soak --minutes $(or $(MINUTES),30)

bench: $(STAMP)  ## measure every number to hold, a quarter of an hour (SIZE=small: a minute)
	$(BIN)/python -m benchmarks.bench --size $(or $(SIZE),full)

mutants: $(STAMP)  ## what of a sample of wrong lines the tests notice, about an hour (SAMPLE=300)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[mutants]'
	$(BIN)/python -m tests.mutants --sample $(or $(SAMPLE),300) --only '$(or $(ONLY),*)'

golden: $(STAMP)  ## rewrite the golden renderings
	$(BIN)/pytest tests --update-golden

pages: $(STAMP)  ## rewrite the pages that are made from the code
	$(BIN)/pytest tests/problems/test_rules.py tests/docs/test_connectors_page.py tests/docs/test_cheatsheet.py --update-golden -n 0

docs: $(STAMP)  ## build the documentation as a site, in site/
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

format: $(STAMP)  ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## remove the environment and what tests and the demo left
	rm -rf $(VENV) site mutants .mypy_cache .pytest_cache .ruff_cache .hypothesis examples/.reconciler

# Installed once; again when the project file or the pinned versions change.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "reconciler needs Python 3.11 or newer: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@
