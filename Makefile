# Silkwire: every command a maintainer needs. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/sh
UV := .tools/bin/uv
BIN := .venv/bin
PORT ?= 8000
DATA_DIR ?= .silkwire
BROKER ?= auto
PYTEST_ARGS ?=
CONFORMANCE_DATA = $(or $(SILKWIRE_CONFORMANCE_DATA),../shared/data)
# Tests mostly wait for servers, so more processes than cores are worth it.
TEST_PROCESSES ?= 4
# A run of everything in full form is kept in docs/reliability.jsonl, which docs/reliability.md adds up.
FAULTS = $(if $(QUICK),--quick --jobs $(or $(JOBS),2)) $(if $(E),--only $(E)) $(if $(CONTROLS),--controls) --repeat $(or $(REPEAT),1) \
	$(if $(SEED),--seed $(SEED)) $(if $(QUICK)$(E),,--write)
export PORT DATA_DIR BROKER SOURCES

.PHONY: help install demo containers test conformance fuzz faults kills bench check format schemas up down clean

help: ## list the commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: ## make the environment (.venv) with everything the demo, the tests and the checks need
	@sh deploy/local/environment.sh dev

demo: ## fresh machine to running system, on the sample newsroom (PORT, DATA_DIR, BROKER=memory, SOURCES=file.opml)
	@sh deploy/local/demo.sh

containers: ## the same in containers: images, the whole composition, two of each service, checked
	@sh deploy/containers/check.sh

test: install ## fresh machine to green tests, on a real RabbitMQ, a real MongoDB and a real browser (PYTEST_ARGS, TEST_PROCESSES)
	@sh deploy/local/install-broker.sh --for tests
	@$(BIN)/pytest -n $(TEST_PROCESSES) --dist loadfile --ignore tests/faults $(PYTEST_ARGS)

conformance: install ## feeds and payloads with known answers, as a table: passed, not asked, by decision, failed (SILKWIRE_CONFORMANCE_DATA)
	@test -d "$(CONFORMANCE_DATA)/feeds" || { echo "The data with known answers is not here: $(CONFORMANCE_DATA)/feeds is no folder."; \
		echo "It is the test data of other feed readers, each under its own licence, and never part of this repository:"; \
		echo "docs/feeds.md lists the repositories. Put their test folders into DIR/feeds/NAME and say SILKWIRE_CONFORMANCE_DATA=DIR."; exit 2; }
	@SILKWIRE_CONFORMANCE_DATA="$(CONFORMANCE_DATA)" $(BIN)/pytest -q tests/conformance -p no:randomly $(PYTEST_ARGS)

fuzz: install ## throw broken documents at a rule until the time is up (TARGET=decode|parse|dates|url|rates, SECONDS=60)
	@SILKWIRE_CONFORMANCE_DATA="$(CONFORMANCE_DATA)" $(BIN)/python -m tests.fuzz $(or $(TARGET),parse) --seconds $(or $(SECONDS),60)

faults: install ## break things on purpose and count what was lost (QUICK=1, JOBS=2, E=2,14, CONTROLS=1, REPEAT=5, SEED=1; E=help lists them)
	@sh deploy/local/install-broker.sh --for faults
	@$(BIN)/python -m tests.faults $(FAULTS)

kills: install ## kill -9 search, ingest, rates and the one-process form while articles and fixings are on their way; every one is counted
	@sh deploy/local/install-broker.sh --for tests
	@$(BIN)/pytest tests/faults $(PYTEST_ARGS)

bench: install ## measure on servers of its own and print tables (B="search relevance", names of tests/bench; BENCH_EVENTS, BENCH_SOURCES, BENCH_CYCLE_S, BENCH_YEARS, BENCH_ARTICLES); docs/performance.md keeps the results
	@sh deploy/local/install-broker.sh --for tests
	@for name in $(or $(B),outbox_drain ingest_cycle rates_history); do \
		SILKWIRE_CONFORMANCE_DATA="$(CONFORMANCE_DATA)" $(BIN)/python -m tests.bench.$$name || exit $$?; done

check: install ## lint, formatting, types, import contracts, generated documents
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m silkwire.documents check

format: install ## format the code and mend what can be mended
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

schemas: install ## write the generated documents: event schemas, docs/events.md, docs/metrics.md, docs/openapi.json, docs/asyncapi.json
	$(BIN)/python -m silkwire.documents write

up: ## the whole system in containers (docker compose); prints the page's address
	@sh deploy/containers/up.sh

down: ## stop the containers; their data stays
	@sh deploy/containers/compose.sh down

clean: ## remove the environment and caches; data in DATA_DIR stays
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
