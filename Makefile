# `make train` and `make test` work in a fresh clone with nothing but make and Python 3.11 or newer.
# ARGS goes to the command: make train ARGS="--epochs 5", make test ARGS="-k network".

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=

# Tests run in as many processes as there are cores; ARGS="-n 0" keeps them in one.
PYTEST  = -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal

.PHONY: install train test coverage test-page check format bench bench-reading model clean
.DELETE_ON_ERROR:

install: $(VENV)/installed

train: $(VENV)/installed
	$(BIN)/byhand train $(ARGS)

test: $(VENV)/installed-test
	$(BIN)/python $(PYTEST) $(ARGS)

# The fast and the slow tests together, and every line of byhand that none of them runs, in no process.
coverage: $(VENV)/installed-test
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run $(PYTEST) -m 'not torch and not page' $(ARGS)
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report --fail-under=95 --show-missing --skip-covered

# The page in a real browser, and its JavaScript: needs Node 20 or newer and Chromium.
test-page: $(VENV)/installed-page
	npm exec --yes --package=typescript@7.0.2 -- tsc -p tests/page
	node --test tests/page/*/*.test.mjs
	$(BIN)/python -m pytest -m page $(ARGS)

check: $(VENV)/installed-check
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/python docs/check_docstrings.py
	$(BIN)/python docs/make_api.py --check
	$(BIN)/codespell src docs tests benchmarks Makefile pyproject.toml *.md

format: $(VENV)/installed-check
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: $(VENV)/installed-bench
	$(BIN)/python benchmarks/bench.py
	$(BIN)/python benchmarks/time_to_98.py
	$(BIN)/python benchmarks/tables.py

# How handwriting is read, on drawings and generated pages; FASHION names a folder with Fashion-MNIST.
bench-reading: $(VENV)/installed-bench
	$(BIN)/python benchmarks/reading.py $(if $(FASHION),--fashion $(FASHION))
	$(BIN)/python benchmarks/tables.py

# The model that comes with byhand.
model: $(VENV)/installed
	$(BIN)/byhand train --recipe reader --seed 0 --out runs/reader
	cp runs/reader/model.safetensors src/byhand/reader.safetensors

clean:
	rm -rf $(VENV) build dist .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("byhand needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[read,web]'
	@touch $@

$(VENV)/installed-test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[read,web,test]'
	@touch $@ $(VENV)/installed

# PyTorch by pip's pinned name only: anything looser fetches a CUDA build of several gigabytes.
$(VENV)/installed-bench: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet --editable '.[read,web,test,bench]'
	@touch $@ $(VENV)/installed $(VENV)/installed-test

$(VENV)/installed-page: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[read,web,test,page]'
	@touch $@ $(VENV)/installed $(VENV)/installed-test

$(VENV)/installed-check: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[read,web,test,page,check]'
	@touch $@ $(VENV)/installed $(VENV)/installed-test
