# revtui: `make run` opens the monitor, `make test` tests it; both set up what they need.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=

# Editable, so that a change is live; pinned by constraints.txt, so that today's install is tomorrow's.
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "revtui needs Python 3.11 or newer; try: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) --editable '.[png]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(INSTALL) --editable '.[png,dev]'
	@touch $@

.PHONY: install
install: $(VENV)/.installed ## make .venv with .venv/bin/revtui in it

$(VENV)/.installed-bench: $(VENV)/.installed-dev
	$(INSTALL) --editable '.[png,dev,bench]'
	@touch $@

.PHONY: run
run: $(VENV)/.installed ## open the monitor on its embedded simulator (ARGS="..." for more)
	@$(BIN)/revtui $(ARGS)

.PHONY: test
test: $(VENV)/.installed-dev ## the quick tests
	$(BIN)/python -m pytest -n auto -q -m "not slow and not service" $(ARGS)

.PHONY: test-all
test-all: $(VENV)/.installed-dev ## every test, with the programs of the system they need
	$(BIN)/python -m pytest -n auto -q $(ARGS)

.PHONY: cover
cover: $(VENV)/.installed-dev ## the quick tests, and which lines and branches none of them reaches
	$(BIN)/coverage run -m pytest -q -m "not slow and not service" $(ARGS)
	$(BIN)/coverage report --show-missing --skip-covered

.PHONY: check
check: $(VENV)/.installed-dev ## format, lint, types, layers, dependencies, spelling
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry src
	$(BIN)/codespell

.PHONY: format
format: $(VENV)/.installed-dev ## put the code in its canonical form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: bench
bench: $(VENV)/.installed-bench ## measure beside peers (Spark too where Java is); one table per benchmark
	$(BIN)/python -m benchmarks $(ARGS)
