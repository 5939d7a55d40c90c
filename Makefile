# Sterna from a fresh machine: git, make and python3 (3.11, with venv and pip) are enough.
PYTHON ?= python3
VENV ?= .venv
ARGS ?=

BIN := $(VENV)/bin
UV := $(BIN)/uv
SYNC := $(UV) pip sync --quiet --python $(BIN)/python --require-hashes
INSTALL_SELF := $(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
LOCK := $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo stop test bench docs lock clean venv-runtime venv-dev

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: venv-runtime ## Set up, load the retail data, turn the loop, serve the desk (ARGS=--no-serve, --simulated, --bank)
	@$(BIN)/sterna demo $(ARGS)

stop: venv-runtime ## End the demo and the embedded PostgreSQL, also those that were left running
	@for home in $(wildcard .sterna/*/); do STERNA_HOME=$$home $(BIN)/sterna stop; done

test: venv-dev ## Style, types, contracts and every test
	@$(PYTHON) tests/setup_machine.py
	@VENV=$(VENV) tests/run $(ARGS)

bench: venv-dev ## Time the loop beside a raw scan of the same columns
	@$(BIN)/python -m bench $(ARGS)

docs: venv-dev ## Write docs/settings.md, docs/measures.md, docs/plan-checks.md, docs/plan.schema.json and the figures of docs/tour.md anew
	@$(BIN)/python tests/docs/settings_page.py
	@$(BIN)/python tests/docs/measures_page.py
	@$(BIN)/python tests/docs/plan_checks_page.py
	@$(BIN)/python tests/docs/plan_schema_page.py
	@$(BIN)/python -m tests.docs.tour

lock: $(UV) ## Compile both lock files anew
	$(LOCK) --extra demo --extra spark --extra test pyproject.toml -o requirements-dev.lock
	$(LOCK) --extra demo -c requirements-dev.lock pyproject.toml -o requirements.lock

clean: ## Remove the environment and what the tools keep; the data under STERNA_HOME stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist src/*.egg-info
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

venv-runtime: $(VENV)/.runtime
venv-dev: $(VENV)/.dev

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Sterna needs Python 3.11 or newer")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

# The development set holds the runtime set. Syncing the smaller lock over it would remove the test tools, so a
# current development environment serves the demo as it is; an outdated one is replaced and its stamp withdrawn.
$(VENV)/.runtime: requirements.lock pyproject.toml | $(UV)
	@if [ $(VENV)/.dev -nt requirements-dev.lock ] && [ $(VENV)/.dev -nt pyproject.toml ]; then :; else \
		echo "Installing the packages of requirements.lock into $(VENV)"; \
		rm -f $(VENV)/.dev && $(SYNC) requirements.lock && $(INSTALL_SELF); \
	fi
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(UV)
	@echo "Installing the packages of requirements-dev.lock into $(VENV)"
	@$(SYNC) requirements-dev.lock && $(INSTALL_SELF)
	@touch $@
