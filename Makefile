# Everything installs into .venv with the exact versions of constraints.txt.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
BEIR ?=

.PHONY: run test index eval baseline bench openapi fuzz screenshots lint format install install-dev chromium clean

# A bad document is reported and left out; the others are served.
run: install ## install, index, serve chat and API on one port
	-$(BIN)/assistant index
	$(BIN)/assistant serve

index: install ## bring the index up to date with corpus/
	$(BIN)/assistant index

test: install-dev chromium lint ## install, lint, type check, all tests
	$(BIN)/python -m pytest

eval: install index ## answer evals/cases, write evals/results/report.html, fail when the gate is closed
	$(BIN)/assistant eval --gate

baseline: install index ## make the present answers the baseline and show what that changes
	$(BIN)/assistant eval --update-baseline

bench: install-dev ## speed and memory beside plain LangChain; BEIR=folder adds retrieval quality
	$(BIN)/assistant bench $(if $(BEIR),--beir $(BEIR))

openapi: install ## write docs/openapi.json, the contract that the tests hold the API to
	$(BIN)/assistant openapi > docs/openapi.new
	mv docs/openapi.new docs/openapi.json

fuzz: install-dev ## over 5,000 requests made from the contract; tells what came back
	FUZZ_EXAMPLES=1000 $(BIN)/python -m pytest -q -s tests/test_contract_fuzzing.py

screenshots: install-dev chromium ## take the pictures of docs/screenshots anew; look at them
	$(BIN)/python docs/screenshots/make.py

lint: install-dev ## formatting, lint rules, strict types
	$(BIN)/ruff format --check src tests evals training docs
	$(BIN)/ruff check src tests evals training docs
	$(BIN)/mypy

format: install-dev
	$(BIN)/ruff format src tests evals training docs
	$(BIN)/ruff check --fix src tests evals training docs

install: .venv/installed
install-dev: .venv/installed-dev

# torch comes first and by its exact version, so that no other package pulls another build of it.
.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(PIP) torch==2.13.0
	$(PIP) --editable .
	touch $@

.venv/installed-dev: .venv/installed
	$(PIP) --editable '.[dev,bench,llm,otel]'
	touch $@

# The browser test drives Debian's Chromium.
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
chromium:
	@command -v chromium >/dev/null || \
	  { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq chromium; }

clean: ## index/archive stays: nothing can make it again
	rm -rf .venv index/build-* index/manifest.json artifacts evals/results
