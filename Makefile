# `make demo` and `make test` each do all the set-up themselves: they need python3 (3.11 or newer) and pip only.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
QUESTION ?= how do MLPs compete with attention?

.PHONY: demo test slow explore soak lint format docs bench scale clean help

help: ## Show what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

# The stamps are newer than what they were made from, so that nothing is installed twice.
$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "litreview needs Python 3.11 or newer; name one with: make PYTHON=python3.12 …")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing litreview into $(VENV) (once, a minute or two) …" >&2
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "Installing what the tests need …" >&2
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: $(VENV)/.installed ## Answer a question over the example pages: no key, no network
	@rm -rf .demo
	@$(BIN)/litreview add examples/pages/*.txt --library .demo
	@echo
	@$(BIN)/litreview ask "$(QUESTION)" --library .demo

test: $(VENV)/.installed-dev ## Run the tests
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile

slow: $(VENV)/.installed-dev ## Run the tests that take long: large imports, killed processes, many seeds
	@$(BIN)/python -m pytest -m slow --numprocesses auto --dist worksteal

explore: $(VENV)/.installed-dev ## Run the property tests on other examples every time
	@$(BIN)/python -m pytest -m hypothesis --hypothesis-profile explore --numprocesses auto

soak: $(VENV)/.installed-dev ## Ten minutes of mixed work by eight processes on one library
	@$(BIN)/python -m tests.faults.soak

lint: $(VENV)/.installed-dev ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/.installed-dev ## Put the code into shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(VENV)/.installed-dev ## Build the documentation into build/docs; a broken link or name is an error
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[docs]'
	@$(BIN)/sphinx-build -q -W --keep-going -b html docs build/docs
	@echo "written: build/docs/index.html"

bench: $(VENV)/.installed-dev ## Measure speed and quality; needs ../shared/data
	@$(BIN)/python benchmarks/run.py

scale: $(VENV)/.installed-dev ## Measure how it grows up to 100,000 papers, some twenty minutes; needs ../shared/data
	@$(BIN)/python benchmarks/scale.py

clean: ## Remove what was made
	rm -rf $(VENV) .demo dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
