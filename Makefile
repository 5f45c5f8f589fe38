# What is done with the sources, by name: `make` alone lists it.
# Needs Python 3.11 or newer with its venv module; PYTHON=… says which one.

RUN := .venv/bin/python -m
READY := .venv/.ready
SOURCES := agents deploy schemas streams tests
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)

# A virtual environment knows its own path: one that was moved is made anew, like a broken one.
ifneq ($(shell { .venv/bin/python -c '' && cat $(READY); } 2>/dev/null),$(CURDIR))
.PHONY: $(READY)
endif

.PHONY: help setup demo test kills faults pressure fuzz check format-check lint types format kafka bench bench-replay bench-takeover clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name text; \
		do printf 'make %-14s%s\n' "$$name" "$$text"; done

setup: $(READY) ## make .venv with everything in it (the others do it when needed)

$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { \
		echo "make setup: no Python 3.11 or newer was found: install one," \
		"or name it: make setup PYTHON=/path/to/python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "make setup: $(PYTHON) is not Python 3.11 or newer:" \
		"name another: make setup PYTHON=/path/to/python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "make setup: $(PYTHON) comes without its venv module:" \
		"install it (on Debian and Ubuntu: apt-get install python3-venv)" >&2; exit 1; }
	@echo "Making .venv (a minute or so)"
	@"$(PYTHON)" -m venv --clear .venv
	@$(RUN) pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@printf '%s\n' "$(CURDIR)" > $(READY)

demo: $(READY) ## the whole thing on this machine, in the terminal
	@.venv/bin/tierstream demo

test: $(READY) ## the tests (ARGS="-k tier" picks some)
	@$(RUN) pytest --numprocesses=$$(( $$(getconf _NPROCESSORS_ONLN) + 1 )) --dist=loadfile $(ARGS)

kills: $(READY) ## kill a worker at every point, and at every two (ARGS="--seed 7"; most of an hour)
	@$(RUN) tests.kills.every_kill $(ARGS)

check: format-check lint types test ## what CI runs: format, lint, types, tests

format-check: $(READY)
	@$(RUN) ruff format --check --quiet $(SOURCES) || { \
		echo "make format puts these files right" >&2; exit 1; }

lint: $(READY)
	@$(RUN) ruff check --quiet $(SOURCES)

types: $(READY)
	@$(RUN) mypy --no-error-summary

format: $(READY) ## put the sources into the house format
	@$(RUN) ruff format $(SOURCES)
	@$(RUN) ruff check --fix $(SOURCES)

kafka: $(READY) ## a Kafka node without Docker, in the foreground (Java 17, Maven; ARGS="--port 9093")
	@.venv/bin/python deploy/kafka/run.py $(ARGS)

faults: $(READY) ## faults under load on real processes and a real Kafka (ARGS="--seed 7 --faults kill,cut")
	@$(RUN) tests.faults $(ARGS)

bench: $(READY) ## side by side with Faust, Kafka Streams and others (ARGS="--rounds 1", "growth")
	@$(RUN) tests.bench $(ARGS)

pressure: $(READY) ## backlogs and floods, memory watched (ARGS="--scale 0.1 --only backlog,flood")
	@$(RUN) tests.pressure $(ARGS)

bench-replay: $(READY) ## how fast one worker takes a backlog in (ARGS="--log kafka")
	@.venv/bin/python -m tests.bench.replay $(ARGS)

bench-takeover: $(READY) ## how long a killed owner's partition stands still, without and with a copy
	@.venv/bin/python -m tests.bench.takeover $(ARGS)

fuzz: $(READY) ## hostile records, by the hundred thousand (ARGS="--inputs 1000000 --seed 7")
	@$(RUN) tests.fuzz $(ARGS)

clean: ## take away what was made, .venv too (never .tierstream, where data lives)
	rm -rf .venv build dist ./*.egg-info deploy/kafka/target
	rm -rf tests/bench/peers/.venv tests/bench/peers/kafka-streams/target
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
