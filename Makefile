# Kykypolku: `make run` starts the product on this machine, `make test` checks all of it. Needed before: Python 3.11 or newer with venv, and make.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

PYTHON ?= python3
ARGS ?=
TESTS ?= tests
BIN := .venv/bin
MANIFEST := app/web/static/dist/manifest.json
FEEL := app/engine/feel/dist/feel.js
BUNDLES := $(MANIFEST) $(FEEL)
# what the bundles are made from; a change of any makes them again
SOURCES := package.json build.mjs $(shell find app -name dist -prune -o -type f \
	\( -name '*.css' -o -name '*.js' -o -name '*.mjs' -o -name '*.ts' -o -name '*.svg' \) -print 2>/dev/null)

.PHONY: help run test lint format bench soak fuzz lock assets install install-dev clean

help: ## show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1|/' | column -t -s '|'

run: $(BIN)/.run $(BUNDLES) ## start everything with demo data; make run ARGS="--port 9000"
	@exec $(BIN)/python -m app.cli run $(ARGS)

# many tests wait for processes and browsers: three keep two processors busy. In the order of the folders, whose last
# is that of the smallest tests, no process is left alone with a long one at the end
TOGETHER := -n 3 --dist loadfile --no-loadscope-reorder

test: install-dev $(BUNDLES) ## lint, types, import contracts and every test
	@$(BIN)/python -m tests.browser --install
	@$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest $(TOGETHER) $(TESTS)

lint: install-dev ## ruff, mypy --strict, import contracts, spelling
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

format: install-dev ## let ruff put the code in order
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: install-dev $(BUNDLES) ## the numbers of the design as a table with medians
	$(BIN)/python -m tests.bench $(ARGS)

soak: install-dev $(BUNDLES) ## faults at random for ten minutes
	$(BIN)/python -m pytest tests -m soak -s -q --timeout 1800 $(ARGS)

fuzz: install-dev $(BUNDLES) ## long random runs against readers, forms and expressions
	$(BIN)/python -m pytest tests -m fuzz -s -q --timeout 3600 $(ARGS)
	HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest tests/unit tests/conformance -m "hypothesis and not fuzz" -q --timeout 3600 $(ARGS)

install: $(BIN)/.run ## the locked packages that running needs

install-dev: $(BIN)/.dev ## the locked packages that testing needs

assets: $(BUNDLES) ## the front-end bundles

lock: install-dev ## write requirements/*.txt anew: newest versions that pyproject.toml allows, with hashes
	$(BIN)/python requirements/lock.py $(ARGS)

clean: ## forget everything that was installed or built; the data folder stays
	rm -rf .venv node_modules app/web/static/dist app/engine/feel/dist build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(BIN)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@echo "Making .venv"
	@$(PYTHON) -m venv .venv
	@touch $@

$(BIN)/.run: requirements/build.txt pyproject.toml | $(BIN)/.made
	@echo "Installing the locked packages"
	@$(BIN)/python requirements/install.py build
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps --no-build-isolation \
	  --no-index --editable .
	@touch $@

$(BIN)/.dev: requirements/dev.txt $(BIN)/.run
	@echo "Installing the locked packages for tests"
	@$(BIN)/python requirements/install.py dev
	@touch $@

node_modules/.installed: package-lock.json package.json .npmrc | $(BIN)/.run
	@echo "Installing the front-end packages"
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
	@touch $@

$(MANIFEST): node_modules/.installed $(SOURCES)
	@echo "Building the front-end bundles"
	@PATH="$(CURDIR)/$(BIN):$$PATH" node build.mjs
	@test -f $@ && touch $@

# the same build makes it; only a lost file needs another
$(FEEL): $(MANIFEST)
	@test -f $@ || PATH="$(CURDIR)/$(BIN):$$PATH" node build.mjs
	@touch $@
