# `make train` and `make test` work in a fresh clone with nothing but make and Python 3.11 or newer.
# ARGS goes to the command: make train ARGS="--epochs 5", make test ARGS="-k network".
# Where there is uv, it installs the versions of requirements.lock; else, or with make UV=, pip those that pyproject.toml allows.

PYTHON ?= python3
UV     := $(shell command -v uv)
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=

# Tests run in as many processes as there are cores; ARGS="-n 0" keeps them in one.
PYTEST  = -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal

.PHONY: install train test coverage test-page attack check format bench bench-reading model lock clean
.DELETE_ON_ERROR:

install: $(VENV)/installed

train: $(VENV)/installed
	$(BIN)/byhand train $(ARGS)

test: $(VENV)/installed-test
	$(BIN)/python $(PYTEST) $(ARGS)

# The fast and the slow tests together, and every line of byhand that none of them runs, in no process.
coverage: $(VENV)/installed-test $(VENV)/installed-torch
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run $(PYTEST) -m 'not cuda and not watch and not page' $(ARGS)
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report --fail-under=95 --show-missing --skip-covered

# The page in real browsers, and its JavaScript: needs Node 20 or newer, Chromium, Firefox and WebKit (.ci/run installs them).
test-page: $(VENV)/installed-page
	npm exec --yes --package=typescript@7.0.2 -- tsc -p tests/page
	node --test tests/page/*/*.test.mjs
	$(BIN)/python -m pytest -m page $(ARGS)

# All that was ever thrown at byhand, thrown anew: ARGS="--seed 7 --minutes 2 --only files". See SECURITY.md.
attack: $(VENV)/installed-page
	$(BIN)/python -m attacks $(ARGS)

check: $(VENV)/installed-check
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 src
	$(BIN)/mypy --platform darwin src
	$(BIN)/python docs/check_docstrings.py
	$(BIN)/python docs/make_api.py --check
	$(BIN)/python docs/make_manual.py --check
	$(BIN)/codespell src attacks docs tests benchmarks notebooks Makefile pyproject.toml *.md

format: $(VENV)/installed-check
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

# byhand beside its peers. BEFORE names another checkout of byhand, to compare with; FASHION a folder with Fashion-MNIST.
bench: $(VENV)/installed-bench
	$(BIN)/python benchmarks/bench.py
	$(BIN)/python benchmarks/time_to_98.py
	$(BIN)/python benchmarks/epochs.py $(if $(BEFORE),--before $(BEFORE)) $(if $(FASHION),--fashion $(FASHION))
	$(BIN)/python benchmarks/roofline.py
	$(BIN)/python benchmarks/tables.py

# How handwriting is read, on drawings and generated pages; FASHION names a folder with Fashion-MNIST.
bench-reading: $(VENV)/installed-bench
	$(BIN)/python benchmarks/reading.py $(if $(FASHION),--fashion $(FASHION))
	$(BIN)/python benchmarks/tables.py

# The model that comes with byhand.
model: $(VENV)/installed
	$(BIN)/byhand train --recipe reader --out runs/reader --force
	$(BIN)/python benchmarks/shipped.py runs/reader

clean:
	rm -rf $(VENV) build dist .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find src attacks tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("byhand needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12")'
	$(if $(UV),$(UV) venv --quiet --seed --python $(PYTHON),$(PYTHON) -m venv) $(VENV)

# The versions that developers share; to be made anew when a dependency changes.
lock:
	$(UV) pip compile --quiet --universal --all-extras --python-version 3.11 --no-header --no-annotate --no-emit-index-url pyproject.toml -o requirements.lock

INSTALL = $(if $(UV),$(UV) pip install --python $(BIN)/python --constraint requirements.lock,$(BIN)/python -m pip install) --quiet

$(VENV)/installed:       EXTRAS = read,web
$(VENV)/installed-test:  EXTRAS = read,web,parquet,test
$(VENV)/installed-bench: EXTRAS = read,web,parquet,test,bench
$(VENV)/installed-page:  EXTRAS = read,web,parquet,notebook,test,page
$(VENV)/installed-check: EXTRAS = read,web,parquet,test,page,check

$(addprefix $(VENV)/installed,-test -bench -page -check) $(VENV)/installed: pyproject.toml requirements.lock | $(BIN)/python
	$(INSTALL) --editable '.[$(EXTRAS)]'
	@touch $@ $(VENV)/installed $(if $(findstring test,$(EXTRAS)),$(VENV)/installed-test)

# PyTorch by pip's pinned name only: anything looser fetches a CUDA build of several gigabytes.
$(VENV)/installed-bench: | $(VENV)/installed-torch
$(VENV)/installed-torch: | $(BIN)/python
	$(BIN)/python -m pip install --quiet torch==2.13.0
	@touch $@
