# Everything a newcomer runs. Only make and a Python of 3.12 or newer are needed; the rest comes from the lock files.
#
#   make up      the whole portal on this machine, until Ctrl-C     ARGS="--port 9000 --data elsewhere --no-demo"
#   make test    `make check`, then the tests on servers of their own    PYTEST_ARGS="-k clocks -x"
#   make check   format, types, import order, migrations, deployment settings
#   make teeth   switches each rule off in turn and expects a test to notice
#   make bench   the measurements; make verbs writes docs/verbs.md; make clean removes what was built (not the data)

.DEFAULT_GOAL := help
.PHONY: help up test check teeth bench verbs clean venv runtime dev
.SILENT:

ARGS ?=
PYTEST_ARGS ?=
BENCH_ARGS ?=
TEETH_ARGS ?=
VENV := .venv
PY := $(VENV)/bin/python

# A shim of a version manager may exist and still not run, so each candidate is asked. `.python-version` is tried before
# others because the shims obey it; a full path comes last, for a manager that has none of the versions named there.
PYTHON ?=
CANDIDATES := $(PYTHON) python$(file < .python-version) python3.13 python3.12 python3 python3.14 python \
	/usr/local/bin/python3 /usr/bin/python3 $(wildcard $(HOME)/.pyenv/versions/3.1[2-9]*/bin/python3)

# What the checks need of the environment: nothing here is ever connected to.
SETTINGS_ONLY := env MUSTER_SECRET_KEY=only-for-make-check-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ \
	MUSTER_CONTEXT_KEY=only-for-make-check-too-0123456789-abcdefghijklm \
	MUSTER_BASE_URL=https://muster.example MUSTER_ALLOWED_HOSTS=muster.example \
	DATABASE_URL="postgresql://muster_app@/muster?host=/nonexistent" \
	DATABASE_AUDITOR_URL="postgresql://muster_auditor@/muster?host=/nonexistent" \
	DATABASE_OWNER_URL="postgresql://muster_owner@/muster?host=/nonexistent" \
	BROKER_URL=memory:// CACHE_URL=redis://127.0.0.1:1/1 SMTP_HOST=smtp.example

help:
	sed -n '3,7s/^#   //p' Makefile

# `exec`, so that what make started is the supervisor itself: make passes SIGTERM on to it and waits, Ctrl-C reaches both.
# Were make killed with -9, MUSTER_STOP_WITH_PARENT has the kernel tell the supervisor.
up: runtime
	exec env MUSTER_STOP_WITH_PARENT=1 $(PY) manage.py up $(ARGS)

test: check
	exec $(PY) -m pytest -n auto --dist loadfile $(PYTEST_ARGS)

check: dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	$(SETTINGS_ONLY) $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(SETTINGS_ONLY) $(PY) manage.py check --deploy --fail-level WARNING

teeth: dev
	exec $(PY) -m tests.teeth $(TEETH_ARGS)

bench: dev
	exec $(PY) -m bench $(BENCH_ARGS)

verbs: dev
	$(SETTINGS_ONLY) $(PY) manage.py verbs

clean:
	rm -rf $(VENV) staticfiles .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- The environment: made once, and filled again whenever the lock file's content is another one -----------------

venv:
	if $(PY) -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then exit 0; fi; \
	for candidate in $(CANDIDATES); do \
		if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then \
			echo "Making $(VENV) with $$("$$candidate" --version)"; \
			exec "$$candidate" -m venv --clear $(VENV); \
		fi; \
	done; \
	echo "Muster needs Python 3.12 or newer with its venv module (Debian: python3-venv), and found none." \
		"Name one with: make PYTHON=/path/to/python3" >&2; \
	exit 1

runtime: venv
	$(call install,requirements.lock)

dev: venv
	$(call install,requirements-dev.lock)

# $(1) is the lock file. Its copy in the environment says what was installed: the content counts, not the time.
define install
	if ! cmp -s $(1) $(VENV)/installed-$(1); then \
		echo "Installing what $(1) names (once)"; \
		$(PY) -m pip install --quiet --no-input --disable-pip-version-check --no-deps --require-hashes -r $(1) && \
		cp $(1) $(VENV)/installed-$(1); \
	fi
endef
