# `make` alone lists the targets.
#
#   .venv       to use Mainstay: requirements/run.txt, Mainstay itself editable
#   .venv-test  to check it: requirements/dev.txt, Mainstay as its built wheel
#
# Each step leaves a stamp inside its environment, so what is done is not done again.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
# What runs must come from the environments below.
unexport PYTHONPATH

RUN  := .venv/bin
TEST := .venv-test/bin
PIP  := -m pip --quiet --disable-pip-version-check --no-input

# Narrow a run: make test TESTS=tests/unit/house ; make bench ARGS=--help
TESTS ?= tests
ARGS  ?=
# Tests wait more than they work; a file's tests stay together, and share its servers.
JOBS  ?= 3

.PHONY: help run install reference test check lint types contracts servers wheel bench soak proof dashboards lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 18

run: .venv/installed ## start everything on 127.0.0.1, API_PORT (8080)
	@exec $(RUN)/mainstay demo

install: .venv/installed ## make .venv, ready for .venv/bin/mainstay
	@echo "ready: .venv/bin/mainstay --help"

reference: servers .venv-test/wheel ## a whole deployment on this machine, for checks and drills
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	  MAINSTAY_RUNBOOKS="$(CURDIR)/docs/runbooks" \
	  $(TEST)/python -m mainstay.testing.reference "$$folder"

test: check servers .venv-test/wheel ## check, then every test against the built wheel
	@$(TEST)/pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(TESTS) $(ARGS)

check: lint types contracts ## lint, format, types, import contracts

lint: .venv-test/locked
	@$(TEST)/ruff check
	@$(TEST)/ruff format --check

types: .venv-test/locked
	@$(TEST)/pyright --pythonpath $(TEST)/python

contracts: .venv-test/locked
	@PYTHONPATH=src $(TEST)/lint-imports --no-cache

servers: ## install the servers that tests talk to, where this may
	@sh tests/install-servers.sh

wheel: .venv-test/wheel ## build the wheel and install it in .venv-test

bench: .venv-test/wheel ## print the figures of this machine
	@$(TEST)/python -m benchmarks.bench $(ARGS)

soak: .venv-test/wheel ## a hundred thousand turns through one worker
	@$(TEST)/python -m benchmarks.soak $(ARGS)

proof: .venv-test/wheel ## bench, soak, worlds, chaos and clusters at full length; keeps their figures
	@$(TEST)/python -m benchmarks.proof $(ARGS)

# ── environments ──────────────────────────────────────────────────────────────

# $(call new_venv,FOLDER): the first Python that is new enough makes it.
define new_venv
for python in $${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do \
  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
  "$$python" -c 'import ensurepip, venv' 2>/dev/null || { \
    echo "mainstay: $$python cannot make virtual environments; install its venv module (Debian, Ubuntu: apt install python3-venv)" >&2; \
    exit 1; }; \
  echo "making $(1) with $$("$$python" --version)"; \
  exec "$$python" -m venv --clear $(1); \
done; \
echo "mainstay: needs Python 3.11 or newer, found $$("$${PYTHON:-python3}" --version 2>/dev/null || echo none); install one, or name it: make PYTHON=/path/to/python3" >&2; \
exit 1
endef

.venv/bin/python:
	@$(call new_venv,.venv)

.venv-test/bin/python:
	@$(call new_venv,.venv-test)

.venv/installed: requirements/build.txt requirements/run.txt pyproject.toml | .venv/bin/python
	@echo "installing dependencies (about 30 s, once)"
	@$(RUN)/python $(PIP) install --require-hashes -r requirements/run.txt -r requirements/build.txt
	@$(RUN)/python $(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv-test/locked: requirements/dev.txt | .venv-test/bin/python
	@echo "installing the tools for checks and tests (about a minute, once)"
	@$(TEST)/python $(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

# Folders are listed too: one is newer than the wheel when a file in it was removed.
SOURCES := $(shell find src -name __pycache__ -prune -o -print)

.venv-test/wheel: .venv-test/locked pyproject.toml $(wildcard README.md LICENSE) $(SOURCES)
	@echo "building and installing the wheel"
	@rm -rf .venv-test/dist
	@$(TEST)/python $(PIP) wheel --no-deps --no-build-isolation --wheel-dir .venv-test/dist .
	@$(TEST)/python $(PIP) install --no-deps --no-index --force-reinstall .venv-test/dist/*.whl
	@touch $@

# ── upkeep ────────────────────────────────────────────────────────────────────

dashboards: .venv-test/locked ## remake deploy/dashboards/*.json from their sources
	@$(TEST)/python deploy/dashboards/build.py

# Locks carry hashes and no address; one file serves every platform and Python.
COMPILE := $(TEST)/uv pip compile --quiet --universal --python-version 3.11 \
  --generate-hashes --no-emit-index-url --no-header

lock: .venv-test/locked ## remake the locks (UPGRADE=1 takes newer releases)
	@$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --all-extras -o requirements/run.txt
	@$(COMPILE) $(if $(UPGRADE),--upgrade) --group build -c requirements/run.txt -o requirements/build.txt
	@$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --all-extras --group dev \
	  -c requirements/run.txt -c requirements/build.txt -o requirements/dev.txt

clean: ## remove the environments and what the tools left (never data)
	@rm -rf .venv .venv-test .pytest_cache .ruff_cache .import_linter_cache .hypothesis .schemathesis dist build
	@find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
