# Everything needs only make and a Python of 3.11 or newer: `make demo`, `make test`.
# The virtual environment is made on first use and again whenever the lock changes.

.DEFAULT_GOAL := help
.PHONY: help venv demo test check oracle fuzz bench chaos screenshots diagrams docs constraints dist lock clean
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
BROWSER := $(VENV)/.browser
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
UV ?= uv
COMPILE = $(UV) pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet
ARGS ?=
PROCESSES ?= 4
EXAMPLES ?= 300

# A name on PATH is not yet an interpreter (version managers leave stand-ins), so each candidate is run.
# PYTHON=/path/to/python picks one by hand.
CANDIDATES := $(if $(PYTHON),$(PYTHON),python3.14 python3.13 python3.12 python3.11 python3 python)

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

venv: $(STAMP) ## a virtual environment in this folder, with everything

demo: $(STAMP) ## a month of bills, start to end, on real servers (ARGS="--accounts 500")
	@$(BIN)/settle demo $(ARGS)

# Two processes more than two cores have, since tests of whole processes wait most of the time, each with servers of
# its own; a file's tests stay together and share its fixtures.
test: check $(BROWSER) ## check, then every test (ARGS="-k waterfall")
	$(BIN)/python -m pytest -n $(PROCESSES) --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(STAMP) ## format, lint, types, import contracts, known vulnerabilities
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	@# Two processes take two thirds of the time of one; on a busy machine they are not up in mypy's three seconds (2).
	$(BIN)/mypy --num-workers 2 || { [ $$? -eq 2 ] && $(BIN)/mypy; }
	$(BIN)/lint-imports --no-logo
	@.ci/audit-dependencies $(BIN)/pip-audit requirements.lock

oracle: $(STAMP) ## drawn stories against the oracle, and every race (EXAMPLES=1000 ARGS="-k races")
	ORACLE_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest tests/oracle $(ARGS)

fuzz: EXAMPLES = 10000
fuzz: $(STAMP) ## events and files that nobody meant, very many (EXAMPLES=10000)
	FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -s tests/events/test_fuzz.py tests/interfaces/http/api/test_fuzz.py tests/scenarios/faults/test_fuzz.py tests/focus/test_properties.py

bench: $(STAMP) ## the benchmarks (ARGS="--help" shows the sizes)
	@$(BIN)/python -m bench $(ARGS)

chaos: $(STAMP) ## workers under a storm of faults, and a proof that nothing was lost (ARGS="--help")
	@$(BIN)/python -m chaos $(ARGS)

screenshots: $(STAMP) $(BROWSER) ## pictures of every page of the console (ARGS="-k 390")
	$(BIN)/python -m pytest -q -n 0 tests/pictures/take.py $(ARGS)

diagrams: $(STAMP) $(BROWSER) ## pictures of the diagrams of the docs, for the site
	$(BIN)/python -m pytest -q -n 0 tests/pictures/draw.py $(ARGS)

# The second lock is the part of the first that a container image needs: no servers, no tools of development.
docs: $(STAMP) ## write the generated pages, contracts and client, and build the docs as a site in site/
	$(BIN)/python -m settlement.events.document
	$(BIN)/python -m client.generator
	$(BIN)/python -m handbook
	$(BIN)/python -m handbook.site

# A constraints file may hold no hashes beside a wheel that has none in it.
constraints:
	@sed -n 's/^\([A-Za-z0-9].*[^ ]\) *\\$$/\1/p' requirements.lock

dist: $(STAMP) ## a wheel and its constraints, to install the program elsewhere
	@$(PIP) wheel --quiet --no-deps --no-build-isolation -w dist .
	@$(MAKE) --silent --no-print-directory constraints > dist/constraints.txt
	@ls dist

lock: ## resolve the dependencies anew (needs uv); commit both files
	$(COMPILE) --all-extras --upgrade -o requirements.lock
	$(COMPILE) --extra build --extra parquet --extra stripe --extra paypal --extra serve --extra webhooks --extra oidc --extra flower --extra redbeat --extra traces -c requirements.lock -o requirements-image.lock

clean: ## remove the virtual environment and the caches, never the data in .settle
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .cache build site dist

# Pages are tested in a browser: one that is there, else one from the registry; without one these tests are skipped.
$(BROWSER): $(STAMP) tests/support/browser/package-lock.json
	@$(BIN)/python tests/support/browser/install.py
	@touch $@

$(STAMP): requirements.lock pyproject.toml
	@for candidate in $(CANDIDATES); do \
		if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			python="$$candidate"; break; \
		fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "No Python of 3.11 or newer with venv and pip was found (tried: $(CANDIDATES))." >&2; \
		echo "Install one (on Debian or Ubuntu the package python3-venv too), or name it: make PYTHON=/path/to/python" >&2; \
		exit 1; \
	fi; \
	if ! $(BIN)/python -c 'import pip' 2>/dev/null; then \
		echo "Setting up $(VENV) with $$("$$python" --version) ($$python)"; \
		"$$python" -m venv --clear $(VENV); \
	fi
	@echo "Installing the locked dependencies"
	@$(PIP) install --quiet --require-hashes --no-deps -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
