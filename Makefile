# `make run` and `make test` are all that a newcomer needs; both make what they use.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FILE ?= agents.example.yaml

# children of ours start many interpreters: compiling each time would double the time of everything
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test check format lint types imports bench picture torture faults lock dist clean

help: ## show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort

run: $(VENV)/run ## open the screen on the example fleet (streams plain lines without a terminal)
	@$(BIN)/descartes-tui up -f $(FILE)

test: $(VENV)/dev ## run the tests
	$(BIN)/pytest -n auto

check: format lint types imports test ## what CI runs

format: $(VENV)/dev
	$(BIN)/ruff format --check .

lint: $(VENV)/dev
	$(BIN)/ruff check .

types: $(VENV)/dev
	$(BIN)/mypy

imports: $(VENV)/dev
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/dev ## measure; prints ratios against a plain loop or program in the same run
	$(BIN)/python -m benchmarks

lock: ## renew the locked versions from the newest that pyproject.toml allows
	rm -rf $(VENV)-lock && $(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install -q .
	$(VENV)-lock/bin/pip uninstall -q -y descartes-tui
	$(VENV)-lock/bin/pip freeze --exclude setuptools --exclude pip > requirements/run.txt
	$(VENV)-lock/bin/pip install -q -r requirements/dev.in
	$(VENV)-lock/bin/pip freeze --exclude setuptools --exclude pip > requirements/dev.txt
	rm -rf $(VENV)-lock

dist: $(VENV)/dev ## build wheel and sdist into dist/
	rm -rf dist && $(BIN)/python -m build

clean: ## remove the environment and what was built
	rm -rf $(VENV) dist build

$(VENV)/run: requirements/run.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 run"; exit 1; }
	@echo "installing into $(VENV) ..."
	@$(BIN)/pip install -q --disable-pip-version-check -r requirements/run.txt
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/dev: $(VENV)/run requirements/dev.txt
	@$(BIN)/pip install -q --disable-pip-version-check -r requirements/dev.txt
	@touch $@

picture: $(VENV)/dev ## make the README's picture from the real app
	$(BIN)/python docs/picture.py

torture: $(VENV)/dev ## random operations and kills on a real session, judged by /proc
	$(BIN)/python -m tests.torture

faults: $(VENV)/dev ## run the catalogue of faults and write docs/faults.md
	$(BIN)/pytest -n auto tests/faults && $(BIN)/python -m tests.faults
