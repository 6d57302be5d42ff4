# make demo   set up, then survey a simulated Internet and print its table of countries
# make test   set up, then every check and every test
# make help   the rest

PYTHON ?= python3
BIN := .venv/bin
# Two workers at least: many tests wait for deadlines. The real servers are one group, so that they start once.
WORKERS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); [ $$n -gt 2 ] && echo $$n || echo 2)

.PHONY: demo test setup lab browser style types house unit bench clean help

demo: setup
	@$(BIN)/openletter lab demo

test: setup style types house lab browser unit

help:
	@sed -n 's/^# //p' Makefile; echo 'setup lab browser style types house unit bench clean: the parts of these'

setup:
	@PYTHON=$(PYTHON) sh tools/setup.sh

style: setup
	$(BIN)/ruff check src tests bench tools
	$(BIN)/ruff format --check src tests bench tools

types: setup
	$(BIN)/mypy

house: setup
	$(BIN)/lint-imports

# The real servers come from Debian's packages, as root; the tests say in their summary what they skipped without them.
lab: setup
	@if [ "$$(id -u)" = 0 ] && [ -f /etc/debian_version ]; then \
	    $(BIN)/python -m openletter.lab.real install; \
	else \
	    echo "lab: NOT ROOT ON DEBIAN: the tests against real servers will be skipped" >&2; \
	fi

# Chromium comes from Debian as well.
browser: setup
	@sh tools/browser.sh

unit: setup
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup $(PYTEST)

bench: setup
	@for b in bench/*.py; do echo "== $$b"; $(BIN)/python $$b || exit 1; done

clean:
	rm -rf .venv .venv-node .venv-intelmq node_modules src/openletter/web/static/vendor src/openletter/enrich/data .demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
