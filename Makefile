# `make run` and `make test` do all their own set-up.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
PORT ?= 8000
# Two processes of one thread each; tests/beside.py says what runs in which.
BESIDE := -n 2 --no-loadscope-reorder

.PHONY: run test slow lint quality pictures clean

run: $(READY)
	$(BIN)/samsvar serve --demo --port $(PORT)

test: $(READY_DEV)
	@tests/chromium.sh
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(BESIDE)

slow: $(READY_DEV)
	$(BIN)/python -m pytest -m slow

lint: $(READY_DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

quality: $(READY_DEV)
	$(BIN)/python -m benchmarks.quality

pictures: $(READY_DEV)
	@tests/chromium.sh
	$(BIN)/python -m tests.browser.pictures

$(BIN)/pip:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip

# torch first and pinned: what comes after then finds it, and fetches no other build.
$(READY): pyproject.toml | $(BIN)/pip
	@echo "Installing Samsvar into $(VENV): some minutes the first time."
	$(BIN)/pip install --quiet torch==2.13.0
	$(BIN)/pip install --quiet --editable .
	@touch $@

$(READY_DEV): $(READY)
	$(BIN)/pip install --quiet --editable ".[dev]"
	@touch $@

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
