# Every target does its own set-up, in .venv; the system's packages are never touched.
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
PYTHON := python3.11 python3.12 python3.13 python3.14 python3 python
PORT := 8020
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
TESTS := tests
CASES ?= 20000
SEED ?=
LATEST ?=
MUTATE ?=
VERSION ?=
PAIRS ?= 5
MINUTES ?= 10
ONLY ?=
BENCH ?=
# Bytecode is kept, whatever the environment says: the tests start hundreds of Pythons.
unexport PYTHONDONTWRITEBYTECODE
NPM_FLAGS := --ignore-scripts --no-package-lock --no-audit --no-fund

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/.installed ## Send recorded events through the presets into the mock, and show it
	@$(BIN)/toplyne-sandbox demo

serve: $(VENV)/.installed ## Start the mock server on this machine (PORT=)
	@$(BIN)/toplyne-sandbox serve --port "$(PORT)"

# One worker more than there are processors: many tests wait for a server or another process.
test: $(VENV)/.testing ## Run the tests (under 3 minutes)
	@$(BIN)/python -m pytest -n $$(($$($(BIN)/python -c 'import os; print(os.cpu_count())') + 1)) --dist worksteal $(TESTS)

check: format-check lint types test ## Format, lint, types and tests: what CI runs

format: $(VENV)/.developing ## Format the code
	@$(BIN)/ruff format .

format-check: $(VENV)/.developing
	@$(BIN)/ruff format --check .

lint: $(VENV)/.developing ## Lint the code
	@$(BIN)/ruff check .

types: $(VENV)/.developing ## Check the types
	@$(BIN)/mypy

derived: $(VENV)/.installed ## Write schemas, OpenAPI and the reference anew from the code
	@$(BIN)/python -m tools.derive

docs: $(VENV)/.developing ## Build the docs into site/; a broken link fails it
	@$(BIN)/python -m tools.site

conformance: $(VENV)/.developing ## Compare with Segment's own runtime (CASES=, SEED=, LATEST=1)
	@CASES="$(CASES)" SEED="$(SEED)" LATEST="$(LATEST)" $(BIN)/python -m tests.conformance
	@SEED="$(SEED)" $(BIN)/python -m tests.conformance.explanations

mutations: $(VENV)/.developing ## Change the mapper one thing at a time: do the cases notice? (MUTATE=)
	@$(BIN)/python -m tests.conformance.mutate --jobs $$(nproc 2>/dev/null || echo 1) $(MUTATE)

bench: $(VENV)/.developing ## Measure ours and the peers in turn, write bench/RESULTS.md (PAIRS=, ONLY=)
	@$(MAKE) --no-print-directory clients || echo "No npm: Segment's runtime is left out." >&2
	@$(BIN)/python -m bench --pairs "$(PAIRS)" --only "$(ONLY)"

bench-sdk: $(VENV)/.developing ## Measure messages a second from a Segment SDK to the state
	@$(BIN)/python bench/tracking_throughput.py $(BENCH)

clients: ## Install the real clients that tests send with, and Segment's runtime (npm)
	@npm install --prefix tests/clients $(NPM_FLAGS) >/dev/null
	@npm install --prefix tests/conformance/segment_runtime $(NPM_FLAGS) >/dev/null

screenshots: $(VENV)/.developing ## Take the README's screenshots of the page anew (needs Chromium)
	@$(BIN)/python -m tests.browser.screenshots

browser: $(VENV)/.developing clients ## Run the tests of the pages in Debian's Chromium, and of Segment's SDK in it
	@$(BIN)/python -m pytest -n auto -m "browser and not heavy" $(TESTS)

laws: $(VENV)/.testing ## Run the tests that try much, and the properties with ten times the examples
	@$(BIN)/python -m pytest -n auto -m laws $(TESTS)
	@$(BIN)/python -m pytest -n auto --hypothesis-profile=laws $(TESTS)/properties

heavy: $(VENV)/.developing ## Run the long tests: many threads, kill -9, a full disk, many clients
	@$(PIP) install --no-compile --group clients
	@$(BIN)/python -m pytest -m "heavy or browser and heavy" $(TESTS)

examples: $(VENV)/.developing wheel ## Run examples/ as their readers would: npm, Java, containers, CI files
	@$(PIP) install --no-compile --group examples
	@$(BIN)/python -m pytest -n auto -m examples $(TESTS)

soak: $(VENV)/.installed ## Load one `serve` in every way for MINUTES=, and look at what it takes
	@$(BIN)/python -m tests.heavy.soak --minutes "$(MINUTES)"

fuzz: $(VENV)/.developing ## Let schemathesis try to break the mock, under both sets of rules
	@SEED="$(SEED)" tests/heavy/fuzz.sh $(BIN)

wheel: $(VENV)/.developing ## Build the wheel into dist/
	@$(BIN)/python -m build --wheel --outdir dist . >/dev/null

release: $(VENV)/.developing ## Build, check and tag a version; nothing is uploaded (VERSION=)
	@$(BIN)/python -m tools.release "$(VERSION)"

clean: ## Remove everything that was made
	@rm -rf $(VENV) .venv-* dist build site .mypy_cache .ruff_cache .pytest_cache .hypothesis

# The first Python that is new enough; PYTHON= chooses another. uv finds or brings one where none is.
$(VENV)/.python:
	@for python in $(PYTHON); do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    $$python tools/environment.py $(VENV) && touch $@; exit; \
	  fi; \
	done; \
	if command -v uv >/dev/null 2>&1; then \
	  uv run --no-project --python '>=3.11' tools/environment.py $(VENV) && touch $@; exit; \
	fi; \
	echo "toplyne-sandbox needs Python 3.11 or newer. Tried: $(PYTHON)." >&2; exit 1

# Nothing is compiled ahead: Python does that for what it imports, the rest would only take time.
# toplyne_sandbox.py is copied where all else is read from here.
$(VENV)/.installed: $(VENV)/.python pyproject.toml toplyne_sandbox.py
	@echo "Installing the packages that pyproject.toml names into $(VENV)." >&2
	@$(PIP) install --no-compile --editable . && touch $@

$(VENV)/.testing: $(VENV)/.pip pyproject.toml toplyne_sandbox.py
	@echo "Installing the packages that pyproject.toml names into $(VENV), and those the tests need." >&2
	@$(PIP) install --no-compile --editable . --group test && touch $@ $(VENV)/.installed

$(VENV)/.developing: $(VENV)/.testing
	@echo "Installing the packages that development needs." >&2
	@$(PIP) install --no-compile --group dev && touch $@

$(VENV)/.pip: $(VENV)/.python
	@$(PIP) install --upgrade "pip>=25.1" && touch $@

.PHONY: soak laws browser examples screenshots mutations fuzz bench bench-sdk help demo serve test check format format-check lint types derived docs conformance clients heavy wheel release clean
