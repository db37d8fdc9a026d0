# Each target sets up .venv by itself: with uv where it is present, else with venv and pip.
# make report   the error report into reports/          make test    lint, types, layers, docs, tests
# make lint     ruff, mypy, import-linter only          make docs    the documentation into docs/_build/html
# make bench    the speed study
# make gpu      all that needs a GPU, in stages of at most 8 minutes: gpu-exhaustive, gpu-random, gpu-products,
#               gpu-training, gpu-runs (call it again until its runs are finished), gpu-speed. Takes the
#               packages of $(PYTHON) as they are; nothing is installed or fetched.

PYTHON ?= python3
BIN := .venv/bin
# The tests run in parallel, so Hypothesis takes its ci profile there too.
WORKERS ?= auto

GPU_STAGES := gpu-exhaustive gpu-random gpu-products gpu-training gpu-runs gpu-speed

.PHONY: report test lint docs bench gpu $(GPU_STAGES) clean

report: .venv/.ready
	$(BIN)/pamcheck report --out reports

test: lint docs
	HYPOTHESIS_PROFILE=$${HYPOTHESIS_PROFILE:-ci} $(BIN)/python -m pytest -n $(WORKERS)

lint: .venv/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/.docs
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html

bench: .venv/.ready
	$(BIN)/pamcheck report speed --out reports

gpu: $(GPU_STAGES)
	$(PYTHON) -m analyses.on_gpu.overview reports/gpu

$(GPU_STAGES): gpu-%:
	$(PYTHON) -m analyses.on_gpu $* --out reports/gpu

.venv/.ready: pyproject.toml
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python $(PYTHON) .venv && \
	  uv pip install --quiet --python $(BIN)/python -e . --group dev; \
	else \
	  $(PYTHON) -m venv .venv && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1" && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -e . --group dev; \
	fi
	@touch $@

.venv/.docs: .venv/.ready
	@if command -v uv >/dev/null 2>&1; then \
	  uv pip install --quiet --python $(BIN)/python -e ".[docs]"; \
	else \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[docs]"; \
	fi
	@touch $@

clean:
	rm -rf .venv docs/_build .pytest_cache .mypy_cache .ruff_cache .hypothesis
