# One line a verb. Each works on a fresh machine with git, make and Python 3.11 or newer:
# the first call makes .venv and installs the locked dependencies, later calls find it ready.
#
#   make parity                       warm, full and the verdict
#   make warm ARGS=--explain          options for the verb
#   make test PYTHON=python3.13 VENV=.venv-3.13   another interpreter, another place

# The parity lock's Python first, then whatever is new enough.
PYTHONS := python3.11 python3 python3.12 python3.13 python3.14
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in $(PYTHONS); do \
	$$python -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$python && break; done)
VENV ?= .venv
JOBS ?= 2
# A worker that has no more takes of what another one still has.
SPREAD = -n $(JOBS) --dist worksteal
# mypy reads what is written for one Python; the newest is asked for too.
NEWEST := 3.14
UV := uv==0.13.9

BIN := $(abspath $(VENV))/bin
LOCK := requirements/dev.txt
INSTALLED := $(VENV)/installed
READY := $(VENV)/ready
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
IN := export PATH="$(BIN):$$PATH";

TASKS := parity warm staged full compare fingerprint package publish update-cache store \
	why impact lock baseline flaky stats report comment plan merge testmon settings doctor clear-cache list
# What judges a change of selection in seconds: its unit tests, and the matrix from recordings.
JUDGING := tests/unit/selection tests/soundness/test_replay.py tests/soundness/test_judge.py tests/soundness/test_importer.py \
	tests/soundness/test_recordings.py
BENCHES := noop one_edit golden compare deciding

.PHONY: help $(TASKS) install test test-e2e test-slow test-all test-thorough test-selection test-matrix lint format bench dist \
	release-check pictures demo relock hooks flaky-grew flaky-commit clean distclean
.DEFAULT_GOAL := help

help:            ; @sed -n 's/^# \{0,1\}//p; /^$$/q' $(lastword $(MAKEFILE_LIST)); \
	echo "verbs: $(TASKS) install test test-e2e test-slow test-all test-thorough test-selection test-matrix lint format bench dist release-check pictures demo relock hooks clean distclean"
$(TASKS): $(READY) ; @$(IN) doit $(subst -,_,$@) $(ARGS)
install: $(READY)
test: $(READY)   ; $(IN) python -m pytest $(SPREAD) -m "not e2e and not slow and not thorough and not matrix" $(ARGS)
test-e2e: $(READY) ; $(IN) python -m pytest $(SPREAD) -m "e2e and not slow and not thorough" $(ARGS)
test-slow: $(READY) ; $(IN) python -m pytest $(SPREAD) -m "slow and not thorough" $(ARGS)
test-all: $(READY) ; $(IN) python -m pytest $(SPREAD) -m "not thorough and not matrix" $(ARGS)
test-selection: $(READY) ; $(IN) python -m pytest $(SPREAD) -m "not matrix" $(JUDGING) $(ARGS)
test-thorough: $(READY) ; $(IN) python -m pytest $(SPREAD) -m thorough $(ARGS)
test-matrix: $(READY) ; $(IN) python -m pytest $(SPREAD) -m matrix $(ARGS)
lint: $(READY)   ; $(IN) ruff check . && ruff format --check . && mypy && mypy --python-version $(NEWEST) \
	&& python -m ci.docs
format: $(READY) ; $(IN) ruff check --fix . ; ruff format .
bench: $(BENCHES:%=bench-%)
bench-%: $(READY) ; $(IN) python -m benchmarks.$* $(ARGS)
dist: $(READY)   ; $(IN) rm -rf dist && python -m build --no-isolation
release-check: $(READY) ; $(IN) python -m ci.release "$${TAG:-$$GITHUB_REF_NAME}"
pictures: $(READY) ; $(IN) python -m ci.pictures $(ARGS)
flaky-grew:      ; @.ci/flaky grew
flaky-commit:    ; @.ci/flaky commit "$(BRANCH)" "$(LEARNED)"
demo: $(READY)   ; @$(IN) ft demo $(ARGS)
hooks: $(READY)  ; $(IN) git config core.hooksPath .githooks && doit flaky setup
clean:           ; rm -rf .firsttry artifacts build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.*
distclean: clean ; rm -rf .venv*

# A changed lock makes the environment anew, so that nothing stays that the lock does not name.
$(INSTALLED): $(LOCK)
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(NEW_ENOUGH)' || \
		{ echo "FirstTry needs Python 3.11 or newer; say where: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(PIP) install --no-deps --require-hashes -r $(LOCK)
	@touch $@

$(READY): $(INSTALLED) pyproject.toml
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# One lock for every Python and platform, with hashes and without any address of an index.
relock:
	test -x .venv-relock/bin/uv || { $(PYTHON) -m venv .venv-relock && .venv-relock/bin/pip --quiet install $(UV); }
	.venv-relock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make relock" $(ARGS) \
		--all-extras --group dev --output-file $(LOCK) pyproject.toml
