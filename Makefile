# make setup    everything needed, into .venv, var/ and a cache folder; quick when nothing changed
# make demo     one citizen's story, end to end
# make test     the tests            (make test TESTS="tests/agi -k hangup")
# make check    format, lint, types, import contracts
# make bench    measurements, written to var/bench/

PYTHON ?= python3
BIN := .venv/bin
ROOMS := access agi calls campaigns complaints cti db dialplans helpline messages recordings speech web
TYPED := $(wildcard $(ROOMS) tests bench)
TESTS ?=

# Reference data for the tests that compare with it, when it lies beside the checkout.
DATA := $(wildcard ../shared/data)
ifneq ($(DATA),)
export HELPLINE_REFERENCE_DATA ?= $(abspath $(DATA))
endif

MAKEFLAGS += --no-print-directory
.PHONY: setup demo test check bench constraints clean

setup:
	@$(PYTHON) -m helpline.bootstrap

demo: setup
	@$(BIN)/helpline demo

test: setup
	@$(BIN)/python -m pytest $(TESTS)

check: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy $(TYPED)
	@$(BIN)/lint-imports

bench: setup
	@$(BIN)/python -m bench

# Resolve the newest versions in a fresh environment and pin them all.
constraints:
	@$(PYTHON) -m helpline.bootstrap constraints

clean:
	rm -rf .venv var build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
