# Needs Python 3.11 or newer and nothing else. `make` lists what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory

VENV := .venv
PY := $(VENV)/bin/python
# Tests share the machine with their servers: a process a core. Each begins with a stretch of the tests as they stand in
# the files, and takes from the others' when it has done its own: nobody waits at the end.
JOBS ?= logical
SHARED := -n $(JOBS) --dist worksteal

.PHONY: help setup run test test-browser test-long check bench lock clean

help: ## list what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | \
		while IFS=$$'\t' read -r name does; do printf '  make %-12s %s\n' "$$name" "$$does"; done

setup: $(VENV)/.ready ## make the virtual environment .venv with the locked parts
	@echo "$(VENV) is ready: make run, or $(VENV)/bin/socialshop --help"

# The stamps make a second setup a matter of milliseconds.
$(VENV)/.made:
	@python=; for each in python3 python3.14 python3.13 python3.12 python3.11; do \
		if $$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$each; break; fi; \
	done; \
	[ -n "$$python" ] || { echo "make setup: Python 3.11 or newer is needed, found: $$(python3 --version 2>&1 || true)" >&2; exit 1; }; \
	$$python -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "make setup: $$python has no venv: install its venv package (Debian: apt install python3-venv)" >&2; exit 1; }; \
	echo "making the virtual environment $(VENV) with $$($$python --version)"; \
	$$python -m venv --clear $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.made requirements/runtime.txt requirements/dev.txt
	@echo "installing the locked parts into $(VENV): a minute or so, this once"
	@$(PY) -m pip install -qq --disable-pip-version-check --no-input --require-hashes \
		-r requirements/runtime.txt -r requirements/dev.txt
	@touch $@

# Without npm's packages the pages answer 503 and the API works: set-up says so in a line and goes on.
node_modules/.fetched: $(VENV)/.made package-lock.json requirements/node.txt
	@if ! command -v npm >/dev/null && [ ! -x $(VENV)/bin/npm ]; then echo "no node here: installing it into $(VENV)"; \
		$(PY) -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r requirements/node.txt || true; fi
	@echo "fetching what the pages show themselves with"
	@if PATH="$$PWD/$(VENV)/bin:$$PATH" npm ci --ignore-scripts --silent --fetch-retries=1; then touch $@; \
		else echo "npm could not fetch the pages' packages: pages answer 503 until make setup can; the API works" >&2; fi

$(VENV)/.ready: $(VENV)/.installed node_modules/.fetched pyproject.toml
	@$(PY) -m pip install -qq --disable-pip-version-check --no-input --no-deps --no-build-isolation -e .
	@# Where PYTHONDONTWRITEBYTECODE is set every process would compile all of it anew: a fifth of its start.
	@$(PY) -m compileall -q socialshop workers migrations
	@touch $@

run: $(VENV)/.ready ## run the whole shop here (Ctrl-C stops it); ARGS="--port 8001 --no-demo"
	@exec $(VENV)/bin/socialshop run $(ARGS)

test: $(VENV)/.ready ## run the tests that take minutes; ARGS="-k name"
	@$(PY) -m pytest $(SHARED) $(ARGS)
	@echo "left out: kill, chaos and size runs at full count (make test-long); pages in a real browser (make test-browser); runs on Debian's PostgreSQL and Redis (.ci/run)"

test-browser: $(VENV)/.ready ## run the pages in Chromium, which must be installed; each process has a shop of its own
	@$(PY) -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r requirements/browser.txt
	@$(PY) -m pytest $(SHARED) -m browser tests/browser $(ARGS)

test-long: $(VENV)/.ready ## run the kill, chaos and size runs (SOCIALSHOP_CHAOS=tenth for a tenth)
	@$(PY) -m pytest $(SHARED) -m long $(ARGS)

check: $(VENV)/.ready ## format, lint, types, import rules, security, migrations
	@$(VENV)/bin/ruff format --check --quiet . && echo "format: ok"
	@$(VENV)/bin/ruff check --quiet . && echo "lint: ok"
	@$(VENV)/bin/mypy --no-error-summary && echo "types: ok"
	@$(VENV)/bin/lint-imports --no-cache >/dev/null || { $(VENV)/bin/lint-imports --no-cache; exit 1; }; echo "import rules: ok"
	@# Skipped are those that ruff's S rules hold line by line, each exception with its reason.
	@$(VENV)/bin/bandit --quiet --recursive --severity-level medium --skip B104,B108,B608 \
		socialshop workers migrations && echo "security: ok"
	@$(PY) -m migrations.sql | $(VENV)/bin/squawk --stdin-filepath=migrations.sql >/dev/null || \
		{ $(PY) -m migrations.sql | $(VENV)/bin/squawk --stdin-filepath=migrations.sql; exit 1; }; echo "migrations: ok"

bench: $(VENV)/.ready ## measure; prints JSON with ratios; NAME=accrue for one
	@$(VENV)/bin/socialshop bench $(or $(NAME),all)

lock: ## resolve requirements/*.in anew into hashed requirements/*.txt
	@tools=$$(mktemp -d); trap 'rm -rf "$$tools"' EXIT; python3 -m venv "$$tools"; \
	"$$tools/bin/python" -m pip install -qq --disable-pip-version-check uv; \
	compile() { "$$tools/bin/uv" pip compile -q --universal --python-version 3.11 --fork-strategy fewest \
		--generate-hashes --no-emit-index-url --no-header "$$@"; }; \
	compile -o requirements/runtime.txt requirements/runtime.in; \
	compile -c requirements/runtime.txt -o requirements/dev.txt requirements/dev.in; \
	compile -o requirements/node.txt requirements/node.in; \
	compile -c requirements/dev.txt -o requirements/browser.txt requirements/browser.in

clean: ## remove .venv and caches; the data folder var/ is kept
	@rm -rf $(VENV) node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
