# Every target works from a fresh checkout: what it needs, it installs into .venv first.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
# A file is one worker's; the browsers come first, since their files take longest and nobody should end on one alone.
IN_TWO := -n 2 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help book lab edition test test-editions lint notebooks bench pins clean

help: ## list every target
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

book: $(READY) ## build the HTML book into _build/html
	@$(BIN)/opsbook book

lab: $(READY) ## open JupyterLab on your own copy of the exercises
	@$(BIN)/opsbook lab

FILE ?= book/editions/hospitality-short-course.yml
OUTPUT ?= dist/$(basename $(notdir $(FILE)))

edition: $(READY) ## build a course of your own: make edition FILE=mine.yml OUTPUT=folder
	@$(BIN)/opsbook edition build $(FILE) --output $(OUTPUT)

test: $(READY) ## prove everything: style, types, units, doctests, notebooks, a clean book, browsers
	@$(MAKE) --no-print-directory lint
	@$(BIN)/opsbook book --clean
	@$(BIN)/python -m opsbook.publishing.chromium
	@$(BIN)/python -m pytest $(IN_TWO) --nbval --nbval-current-env tests/browser tests src chapters exercises

test-editions: $(READY) ## prove that any choice of chapters makes a sound edition: each alone, and ten random ones
	@$(BIN)/python -m pytest $(IN_TWO) tests/editions/slow

lint: $(READY) ## check style and types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

notebooks: $(READY) ## run every notebook and write its outputs
	@$(BIN)/python -m opsbook.publishing.notebooks

bench: .venv/bench/ready ## measure our speed beside that of our peers, and write bench/results.md
	@PYTHONPATH=src .venv/bench/bin/python -m bench

pins: ## write requirements.txt anew from the ranges in pyproject.toml (needs uv)
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --extra lab --extra book --extra edition --extra dev --no-annotate --upgrade \
	  --custom-compile-command "make pins" pyproject.toml -o requirements.txt
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --extra bench --no-annotate --upgrade \
	  --custom-compile-command "make pins" pyproject.toml -o bench/requirements.txt

clean: ## remove what was built and the environment
	@rm -rf _build dist .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(READY): requirements.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "opsbook needs Python 3.11 or newer, and there is no '$(PYTHON)' here. Install it, or name yours: make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "opsbook needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Install a newer one, or name it: make PYTHON=python3.12")'
	@echo "Installing the pinned environment into .venv (about 1 GB; some minutes the first time) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-warn-script-location --no-deps --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

# The peers stay out of the reference environment: what they need must not move its pins.
.venv/bench/ready: bench/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "opsbook needs Python 3.11 or newer; name one: make bench PYTHON=python3.12")'
	@echo "Installing the peers into .venv/bench ..."
	@$(PYTHON) -m venv .venv/bench
	@.venv/bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r bench/requirements.txt
	@touch $@
