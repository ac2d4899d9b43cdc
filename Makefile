# Needs Python >= 3.11 and make; everything else comes into .venv, pinned by hash.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
# Leave a core to the server that the tests start.
WORKERS ?= 2
UV ?= $(BIN)/uv
# What the Node client needs: pinned by hash in npm-shrinkwrap.json, had from wherever npm is set up to ask. npm writes this file last.
NODE_MODULES := clients/node/node_modules/.package-lock.json
# The event stores that the bench measures beside the ledger; pinned likewise, and installed for the bench alone.
PEER_MODULES := tests/bench/peers/node_modules/.package-lock.json

.DEFAULT_GOAL := help
.PHONY: help demo serve test lint bench bench-full campaign protos protos-baseline examples reference freeze format install requirements clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ------------------------------------------------------------------------------------------------ for everybody
demo: .venv/.runtime ## Watch the whole story, from the collection of cells to the proof
	@$(BIN)/coi demo

serve: .venv/.runtime ## Run all services, over gRPC and HTTP, with an embedded Postgres under ./coi-data
	@$(BIN)/coi serve --http 127.0.0.1:8401

# ----------------------------------------------------------------------------------------------- for developers
test: lint $(NODE_MODULES) ## Run the gates, then every test with coverage
	@mkdir -p build/coverage
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --cov --cov-report=term

lint: .venv/.dev ## Run the gates: style, types, floors, wire contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/buf lint
	$(BIN)/buf breaking protos --exclude-imports --against protos/baseline.binpb

bench: .venv/.dev $(PEER_MODULES) ## Measure the promises with numbers, on stores of up to a million facts
	$(BIN)/python -m tests.bench

MINUTES ?= 60
campaign: .venv/.dev ## Play every fault for MINUTES=60, and add to the evidence in build/campaign
	$(BIN)/python -m tests.faults.campaign --minutes $(MINUTES)
bench-full: .venv/.dev $(PEER_MODULES) ## The same at ten million facts: hours, and some 45 GB under TMPDIR
	$(BIN)/python -m tests.bench --facts 10000000

format: .venv/.dev ## Put the code into the one format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/buf format --write protos

protos: .venv/.dev ## Generate protos/gen from protos/coi
	$(BIN)/python protos/generate.py protos/gen

protos-baseline: .venv/.dev ## Accept the wire contract as it is now as what must not break
	$(BIN)/buf build protos --exclude-source-info -o protos/baseline.binpb

examples: .venv/.dev ## Write protos/examples from the golden samples of the tests
	$(BIN)/python -m tests.support.examples protos/examples

reference: .venv/.dev ## Write docs/reference and docs/scenarios.md from the contract, the catalogues, the scenarios and the commands' help
	$(BIN)/python -m tests.support.reference docs/reference

freeze: .venv/.dev ## Release rulebook NUMBER=N: freeze the rules, and keep the histories that they judged
	$(BIN)/python -m tests.support.frozen $(NUMBER)
	$(BIN)/python -m tests.support.reference docs/reference

requirements: .venv/.dev ## Choose versions again and pin them by hash (needs uv)
	for set in build runtime dev; do \
		case $$set in runtime) from="pyproject.toml" ;; build) from="--group build" ;; dev) from="pyproject.toml --group dev" ;; esac; \
		$(UV) pip compile --no-config --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-annotate --no-header \
			--no-emit-index-url --quiet $$from --output-file requirements/$$set.txt || exit 1; \
	done
	for room in clients/node tests/bench/peers; do \
		$(BIN)/npm install --prefix $$room --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund || exit 1; \
		$(BIN)/python -c 'import json, pathlib, sys; file = pathlib.Path(sys.argv[1], "npm-shrinkwrap.json"); lock = json.loads(file.read_text()); \
			[package.pop("funding", None) for package in lock["packages"].values()]; file.write_text(json.dumps(lock, indent=2) + "\n")' $$room || exit 1; \
	done

# ------------------------------------------------------------------------------------------------- environments
install: .venv/.dev $(NODE_MODULES) ## Make .venv, and the Node client's modules, with everything that developers need

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python >= 3.11 with venv is needed (on Debian: apt install python3-venv)." >&2; exit 2; }
	$(PYTHON) -m venv .venv

# The project itself is installed in place, without asking anybody for a build backend.
.venv/.runtime: requirements/build.txt requirements/runtime.txt pyproject.toml | .venv/bin/python
	$(PIP) install --require-hashes -r requirements/build.txt -r requirements/runtime.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.runtime
	$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

%/node_modules/.package-lock.json: %/package.json %/npm-shrinkwrap.json | .venv/.dev
	cd $* && $(CURDIR)/$(BIN)/npm ci --ignore-scripts --prefer-offline --fetch-retries=5 --no-audit --no-fund --loglevel=error
	@touch $@

clean: ## Remove what was built; the data of `make serve` and .venv stay
	rm -rf build dist .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find ledger services coi_client tests -name __pycache__ -type d -prune -exec rm -rf {} +
