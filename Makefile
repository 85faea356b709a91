# make setup    everything needed, into .venv, var/ and a cache folder; quick when nothing changed
# make demo     one citizen's story, end to end
# make test     the tests            (make test TESTS="tests/agi -k hangup")
# make coverage every branch of the rules is tested: life cycle, deadlines, escalation, follow-up, mapping, policy, attachments
# make soak     the long form of the random, the crash and the fault tests; about an hour
#               (HELPLINE_SOAK_MINUTES, HELPLINE_SOAK_SEED: of the faults with live calls)
# make pictures the pictures of docs/images, taken anew by the tests that look at these pages
# make check    format, lint, types, import contracts
# make bench    measurements, written to var/bench/
# make bench-10m  the same with ten million complaints: up to two hours and 66 GB the first time, then kept

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
.PHONY: setup demo test coverage soak pictures check bench bench-10m constraints clean

setup:
	@$(PYTHON) -m helpline.bootstrap

demo: setup
	@$(BIN)/helpline demo

# All of them: two at a time, a folder's tests after each other (they share addresses and a cell).
test: setup
	@$(BIN)/python -m pytest $(if $(TESTS),$(TESTS),-n 2 --dist loadscope --durations=40)

# Only these files, and only the tests that are about them.
COMMA := ,
RULES := lifecycle conditions ends terms asking deadlines escalation second_look followup calendar mapping officers \
	policy categories holes $(addprefix attachments/,media names limits model)
RULED := moves lifecycle calendar deadlines escalation mapping officers policies pausing second_look \
	followup feedback_due categories holes reforms
ATTACHED := media names intake model
coverage: setup
	@mkdir -p var
	@$(BIN)/python -m coverage run --branch --data-file=var/coverage \
		--include=$(subst $() $(),$(COMMA),$(RULES:%=complaints/%.py)) \
		-m pytest -q --show-capture=no $(RULED:%=tests/complaints/test_%.py) \
		$(ATTACHED:%=tests/complaints/attachments/test_%.py)
	@$(BIN)/python -m coverage report --data-file=var/coverage --show-missing --fail-under=100

soak: setup
	@HELPLINE_SOAK=1 $(BIN)/python -m pytest -rP -o timeout=7200 -k test_soak tests/system/test_state_under_faults.py
	@HELPLINE_SOAK=1 $(BIN)/python -m pytest -o timeout=7200 tests/complaints/test_interleaved.py \
		tests/complaints/test_all_or_nothing.py tests/complaints/importing/test_importer.py tests/bench/test_recorded.py \
		tests/desk/test_consultation_reloaded.py $(TESTS)
	@HELPLINE_SOAK=1 $(BIN)/python -m pytest -o timeout=7200 -m hypothesis --deselect tests/complaints/test_interleaved.py \
		--deselect tests/complaints/importing/test_importer.py

PICTURED := desk/test_desk_browser desk/test_desk_guidance supervisor/test_calls supervisor/test_reports \
	supervisor/test_wallboard
pictures: setup
	@$(BIN)/python -m pytest -q $(PICTURED:%=tests/%.py)
	@for one in docs/images/*.png; do cp var/screenshots/$$(basename $$one) $$one || exit 1; done

check: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy $(TYPED)
	@$(BIN)/lint-imports

bench: setup
	@$(BIN)/python -m bench

bench-10m: setup
	@$(BIN)/python -m bench complaints-10m

# Resolve the newest versions in a fresh environment and pin them all.
constraints:
	@$(PYTHON) -m helpline.bootstrap constraints

clean:
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@# Not the default state folder: recordings, keys and the database of whoever served from here.
	if [ -d var ]; then find var -mindepth 1 -maxdepth 1 ! -name helpline -exec rm -rf {} +; fi
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
