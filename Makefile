# Every target sets up its own environment first: Python 3.11 or newer and make are all that is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NEW_ENOUGH := import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Frontdesk needs Python 3.11 or newer, and $(PYTHON) is %d.%d. Try: make PYTHON=python3.12" % sys.version_info[:2])

# Many tests start a house; without kept bytecode each of them would compile it anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo chat test test-full lint eval bench bench-kill bench-nodes bench-telegram sbom audit lock clean

demo: $(VENV)/.runtime  ## the whole story in a terminal, without account or key
	@$(BIN)/frontdesk demo --chart digest.png

chat: $(VENV)/.runtime  ## talk to it in this directory
	@$(BIN)/frontdesk chat

test: $(VENV)/.dev  ## the quick set, on three workers: a third of their time they wait for programs
	$(BIN)/pytest -q -n 3 --dist loadgroup -m "not full"

test-full: $(VENV)/.dev  ## everything
	$(BIN)/pytest -q -n 2 --dist loadgroup
	$(BIN)/python -m bench.kill

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/pyright

MODEL ?= rules
eval: $(VENV)/.dev  ## where messages go, by rules or MODEL=provider:name: a table by sort and state, and the figures
	@$(BIN)/python -m bench.routing $(MODEL)

bench: $(VENV)/.dev  ## every figure with its target, and bench/results.json; about six minutes
	$(BIN)/python -m bench

bench-nodes: $(VENV)/.dev  ## four processes on one Postgres, one of each kind killed 20 times
	$(BIN)/python -m bench.nodes

bench-telegram: $(VENV)/.dev  ## 500 updates of Telegram, many twice, with ten kills and ten broken connections
	$(BIN)/python -m bench.telegram

bench-kill: $(VENV)/.dev  ## every crash point x 20 and 200 random kills; CRASH_AT=after_send runs one point
	$(BIN)/python -m bench.kill

sbom: $(VENV)/bin/python  ## the bill of materials (CycloneDX) of the locked set, offline
	@$(BIN)/python -m bench.sbom requirements.lock > sbom.json && echo "sbom.json: what requirements.lock installs"

# Apart from test and lint: it needs a vulnerability service, and its answer changes without a commit.
audit: $(VENV)/bin/python  ## known vulnerabilities of the locked set; needs pypi.org
	@[ -x $(VENV)/audit/bin/pip-audit ] || { $(PYTHON) -m venv $(VENV)/audit && $(VENV)/audit/bin/pip install -q pip-audit==2.10.1; }
	@$(VENV)/audit/bin/pip-audit --strict --timeout 15 --disable-pip --require-hashes -r requirements.lock > $(VENV)/audit.txt 2>&1; code=$$?; \
	cat $(VENV)/audit.txt; \
	if [ $$code -ne 0 ] && ! grep -q "^Found .* known vulnerabilit" $(VENV)/audit.txt; then \
	echo "NOT AUDITED: not every package could be asked for. This is no pass." >&2; exit 2; fi; exit $$code

lock:  ## after a change of dependencies; needs uv
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --all-extras --group build pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --all-extras --group dev pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# The lock's stamp says which set is installed; the development set contains the other.
$(VENV)/bin/python:
	@$(PYTHON) -c '$(NEW_ENOUGH)'
	@echo "Setting up $(VENV) (once, about a minute) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(VENV)/bin/python requirements.lock pyproject.toml
	@[ -f $(VENV)/.dev ] && [ $(VENV)/.dev -nt requirements.lock ] || $(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python requirements-dev.lock pyproject.toml
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.runtime
