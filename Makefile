# golive's commands. `make` alone lists them.
#
# Everything is installed into this checkout: into .venv from requirements.lock (to run), requirements-docs.lock (to build
# the documentation) or requirements-dev.lock (to test), and into node_modules from package-lock.json, names, versions and
# hashes as they stand there. Stamp files in .venv and node_modules remember it: a second call installs nothing.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

# The Python to make .venv with, for example: make up PYTHON=/path/to/python3.12. Unset: the first that fits.
PYTHON ?=
# What pytest runs, on how many processes, and more options for it or for demo, bench and chaos.
TESTS ?= tests
WORKERS ?= 2
ARGS ?=
# How long `make contract` lets each of its three people ask; in less than a minute they do not get round everything.
SECONDS ?= 200
# How many sign-offs `make model` asks about.
CASES ?= 100000
# The folders of the documentation's languages.
DOCS := en zh-CN

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --no-input install -qq --require-hashes
PYBABEL := $(PY) -m babel.messages.frontend -q
CATALOGS := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/golive.po))

##@ Use
.PHONY: up demo secrets completion
up: install  ## Install golive here and start it: embedded Temporal, worker, API
	@$(PY) -m cli up $(ARGS)

demo: dev  ## Watch a whole go-live on the real stack, in under three minutes
	@$(PY) -m demo $(ARGS)

secrets:  ## Make the secrets of docker-compose.yml in the folder secrets; those that are there stay
	@bin/make-secrets

completion:  ## Say how to get `golive` on the PATH, with completion in your shell
	@echo '  export PATH="$(CURDIR)/bin:$$PATH"    # in your shell profile'
	@echo '  golive --install-completion           # once; then open a new shell'

##@ Work on it
.PHONY: test proofs lint format coverage contract model mutation bench chaos screenshots docs
test: lint  ## Run what must pass at each change: lint, types, import contracts, tests (TESTS=, WORKERS=, ARGS=)
	@mkdir -p build
	$(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not proof" --junitxml=build/junit.xml $(ARGS) $(TESTS)

proofs: dev  ## Run what takes longer: several processes, upgrade, templates, containers, contract, documentation (ARGS=)
	@mkdir -p build
	$(PY) -m pytest -n $(WORKERS) --dist loadfile -m proof --junitxml=build/proofs.xml $(ARGS) $(TESTS)

lint: dev  ## Check style, types and import contracts
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: dev  ## Format the code and fix what can be fixed safely
	$(VENV)/bin/ruff check --fix-only
	$(VENV)/bin/ruff format

coverage: dev  ## Run the tests in one process and show which lines no test reaches
	$(VENV)/bin/coverage erase
	$(VENV)/bin/coverage run -m pytest $(ARGS) $(TESTS)
	$(VENV)/bin/coverage combine -q
	$(VENV)/bin/coverage report

contract: dev  ## Ask a whole golive for ten minutes, at random, whether its OpenAPI document is true (SECONDS=, ARGS=)
	CONTRACT_SECONDS=$(SECONDS) $(PY) -m pytest $(ARGS) tests/api/contract

model: dev  ## Ask a hundred thousand sign-offs whether engine and model agree (CASES=, ARGS=)
	MODEL_CASES=$(CASES) MODEL_PARTS=4 $(PY) -m pytest -n $(WORKERS) --timeout 0 $(ARGS) tests/rules/test_sign_off_model.py

mutation: dev  ## Change the rules of signing in small ways: tests must notice nine in ten
	@$(PY) -m tests.mutation

bench: dev  ## Measure; ARGS=viewers: what 500 open pages of each kind cost (ARGS=)
	@$(PY) -m bench $(ARGS)

chaos: dev  ## Kill processes at random moments and check that nothing is lost or doubled (ARGS=)
	@$(PY) -m tests.chaos $(ARGS)

screenshots: dev  ## Take a picture of every page, wide and narrow, light and dark, in both languages (CHROMIUM=, ARGS=)
	@$(PY) -m tests.pages.screenshots $(ARGS)

docs: $(VENV)/.docs $(CATALOGS)  ## Build the documentation in both languages into build/docs; a warning is an error
	@for folder in $(DOCS); do \
	  LANGUAGE=$$folder $(PY) -m docs.generate build/docs/source/$$folder && \
	  $(PY) -m sphinx -W --keep-going -q -c docs -d build/docs/read/$$folder \
	    -D language=$$(test $$folder = en && echo en || echo zh_CN) build/docs/source/$$folder build/docs/$$folder || exit 1; \
	done
	@echo "build/docs/index.html"

##@ Keep it in order
.PHONY: install dev lock catalogs clean help
install: $(VENV)/.runtime node_modules/.installed $(CATALOGS)  ## Install what golive needs to run
dev: $(VENV)/.dev node_modules/.with-tests $(CATALOGS)  ## Install what its tests and tools need as well

lock: $(VENV)/.dev  ## Resolve pyproject.toml into the lock files (UPGRADE=1: newest versions)
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) pyproject.toml --group dev --constraint requirements.lock -o requirements-dev.lock
	$(LOCK) pyproject.toml --group docs --constraint requirements-dev.lock -o requirements-docs.lock
	$(LOCK) --group pyproject.toml:node -o requirements-node.lock
	bin/run-npm $(if $(UPGRADE),update,install) --package-lock-only
	$(PY) bin/without-addresses package-lock.json

catalogs: $(VENV)/.dev  ## Collect the texts, merge them into the translations and compile these
	@mkdir -p locale
	$(PYBABEL) extract -F babel.cfg --project golive --copyright-holder "the golive authors" \
	  --add-location file --sort-by-file -o locale/golive.pot.new .
	@# A new date alone is no change.
	@if diff -q -I '^"POT-Creation-Date' locale/golive.pot locale/golive.pot.new >/dev/null 2>&1; \
	  then rm locale/golive.pot.new; else mv locale/golive.pot.new locale/golive.pot; fi
	@test -e locale/zh_CN/LC_MESSAGES/golive.po || $(PYBABEL) init -D golive -i locale/golive.pot -d locale -l zh_CN
	$(PYBABEL) update -D golive -i locale/golive.pot -d locale --ignore-pot-creation-date --no-fuzzy-matching
	$(PY) -m babel.messages.frontend compile -D golive -d locale --statistics

clean:  ## Remove .venv and everything that tools made; your data in .golive stays
	rm -rf $(VENV) node_modules build dist htmlcov mutants .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache \
	  .pytest_cache .ruff_cache locale/*/LC_MESSAGES/*.mo docs/_locale/*/LC_MESSAGES/*.mo
	find . -name __pycache__ -type d -not -path './.golive*' -prune -exec rm -rf {} +

help:
	@awk 'BEGIN {FS = ":.*  ## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*  ## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

# --universal: one lock for every platform and every Python of requires-python. Without --upgrade, what is locked stays.
LOCK = $(VENV)/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
  --no-annotate --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

# Asked every time; changes, and so has things installed, only when a new environment is made.
$(VENV)/.python: FORCE
	@bin/make-venv $(VENV) "$(PYTHON)"

FAILED = { echo "golive: installing failed, see above; when the network is back or the cause is gone, call make again" >&2; exit 1; }

$(VENV)/.runtime: requirements.lock $(VENV)/.python
	@echo "Installing what golive needs into $(VENV), once; this takes a minute ..." >&2
	@$(PIP) -r requirements.lock || $(FAILED)
	@touch $@

# The other locks hold this one, and what two of them name they name in the same version.
$(VENV)/.docs: requirements-docs.lock $(VENV)/.python
	@echo "Installing what golive and its documentation need into $(VENV), once; this takes a minute ..." >&2
	@$(PIP) -r requirements-docs.lock || $(FAILED)
	@touch $(VENV)/.runtime $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.docs
	@echo "Installing what its tests need into $(VENV), once ..." >&2
	@$(PIP) -r requirements-dev.lock || $(FAILED)
	@touch $(VENV)/.runtime $(VENV)/.docs $@

# What pages load in a browser, and, with their tests, more. The folder is made anew, its stamps with it.
node_modules/.installed: package-lock.json .npmrc $(VENV)/.python
	@echo "Installing what the pages load ..." >&2
	@bin/make-node-modules --omit=dev --silent || $(FAILED)
	@touch $@

node_modules/.with-tests: package-lock.json .npmrc $(VENV)/.python
	@echo "Installing what the pages load and their tests need ..." >&2
	@bin/make-node-modules --silent || $(FAILED)
	@touch node_modules/.installed $@

%.mo: %.po $(VENV)/.runtime
	@$(PYBABEL) compile -i $< -o $@

.PHONY: FORCE
FORCE:
