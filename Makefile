# One runner for every task, the same on a laptop and in CI. Needs python3 (3.11–3.14) and make.
# `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SYNCED := $(VENV)/.synced
PYTEST_WORKERS ?= 2
SEED ?= 11
SIZE ?= 2000
FUZZ_EXAMPLES ?= 100000
BENCH ?=

LOCKS := requirements.lock requirements-build.lock requirements-conformance.lock
IMAGE_HOME ?= /opt/helm-jd

.DEFAULT_GOAL := help
.PHONY: help bootstrap test check unit chromium fuzz jd-verify format demo up down bench soak-stock soak-orders soak-oversell lock contracts clean image-deps image-install

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/uv: requirements-build.lock
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info[:2] <= (3, 14); \
	sys.exit(0 if ok else "helm-jd needs Python 3.11 to 3.14, and $(PYTHON) is " + sys.version.split()[0] \
	+ ": run make PYTHON=python3.12 ... (or another version you have)")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-build.lock
	@touch $@

$(SYNCED): $(BIN)/uv $(LOCKS) pyproject.toml
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes $(LOCKS)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

bootstrap: $(SYNCED) ## Create .venv from the locked requirements

test: bootstrap check chromium ## Every check and every test, on a real Kafka
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --cov --cov-report=term

check: bootstrap ## Lint, format, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

unit: bootstrap ## The quick tests: no Kafka, no browser, few generated examples
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS) -m "not broker and not slow" --hypothesis-profile=quick

chromium: bootstrap ## See that a browser is there for the console's tests
	$(BIN)/python -m devstack.chromium

fuzz: bootstrap ## 100,000 generated answers and requests (FUZZ_EXAMPLES)
	FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) $(BIN)/python -m pytest -n $(PYTEST_WORKERS) tests/fuzz --timeout=7200

jd-verify: bootstrap ## The contract tests against JD itself (JD_SANDBOX_URL and credentials)
	@test -n "$$JD_SANDBOX_URL" || { echo "Set JD_SANDBOX_URL, JD_APP_KEY, JD_APP_SECRET, JD_ACCESS_TOKEN"; exit 2; }
	$(BIN)/python -m pytest -rA --tb=short tests/contracts/jd/test_verify.py

format: bootstrap ## Format the code and mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

demo: bootstrap ## Helm, Kafka, the adapter and a JD shop, live, for about a minute (DEMO_SECONDS)
	$(BIN)/python -m devstack demo

up: bootstrap ## Start Kafka, the JD simulator and the adapter, and leave them running
	$(BIN)/python -m devstack up

down: bootstrap ## Stop what `make up` started
	$(BIN)/python -m devstack down

bench: bootstrap ## Measure speed: ratios against named peers (BENCH: only those named)
	$(BIN)/python -m benchmarks $(BENCH)

soak-stock: bootstrap ## Stock under faults and kills (SEED, SIZE changes)
	SEED=$(SEED) SIZE=$(SIZE) $(BIN)/python -m pytest tests/journey/test_soak.py -k stock

soak-orders: bootstrap ## Orders under faults and kills (SEED, SIZE orders)
	SEED=$(SEED) SIZE=$(SIZE) $(BIN)/python -m pytest tests/journey/test_soak.py -k orders

soak-oversell: bootstrap ## A busy sale in two shops on one stock (SEED, SIZE orders)
	SEED=$(SEED) SIZE=$(SIZE) $(BIN)/python -m pytest -s tests/journey/test_oversell.py

lock: $(BIN)/uv ## Resolve requirements.lock and requirements-build.lock anew
	$(BIN)/uv pip compile --quiet pyproject.toml --all-extras $(LOCK_OPTIONS) -o requirements.lock
	$(BIN)/uv pip compile --quiet pyproject.toml -c requirements.lock $(LOCK_OPTIONS) -o requirements-runtime.lock
	$(BIN)/uv pip compile --quiet --no-deps requirements-conformance.in $(LOCK_OPTIONS) -o requirements-conformance.lock
	$(BIN)/uv pip compile --quiet requirements-build.in $(LOCK_OPTIONS) -o requirements-build.lock

LOCK_OPTIONS := --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-header --no-annotate --upgrade

contracts: bootstrap ## Write schemas, asyncapi.yaml and the page of methods anew from the code
	$(BIN)/python -m devstack.contracts
	$(BIN)/python -m devstack.asyncapi
	$(BIN)/python -m devstack.methods_page

# What the Dockerfile runs, so that the image is made by the steps that make runs everywhere. Bytecode
# is made here: in the container nobody may write it, and each start would compile everything anew.
image-deps: $(BIN)/uv
	$(PYTHON) -m venv --without-pip $(IMAGE_HOME)
	$(BIN)/uv pip sync --quiet --no-cache --compile-bytecode --python $(IMAGE_HOME)/bin/python --require-hashes requirements-runtime.lock

image-install: $(BIN)/uv
	$(BIN)/python -m hatchling build --target wheel --directory build/image
	$(BIN)/uv pip install --quiet --no-cache --compile-bytecode --python $(IMAGE_HOME)/bin/python --no-deps build/image/*.whl

clean: ## Remove everything that make created
	rm -rf $(VENV) .devstack .cache .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
