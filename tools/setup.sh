#!/bin/sh
# Makes .venv with exactly what requirements.lock names, and the project itself in it; brings the front-end files and the
# data of countries and networks that package-lock.json names, and builds them into the source tree (tools/assets.py). Makes
# .venv-intelmq for tests, if it can.
# Runs again for nothing. Works as root or not; as root on Debian it also brings Python's venv module where that is missing.
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}

python_ready() {
    [ -f .venv/.ready ] && [ .venv/.ready -nt requirements.lock ] && [ .venv/.ready -nt pyproject.toml ]
}

make_venv() {
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
        echo "setup: Python 3.11 or newer is needed; name one with PYTHON=..., as in make test PYTHON=python3.12" >&2
        exit 1
    }
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            apt-get -qq update
            DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends python3-venv >/dev/null
        else
            echo "setup: Python's venv module is missing; on Debian: apt-get install python3-venv (as root)" >&2
            exit 1
        fi
    fi
    echo "setup: making .venv from requirements.lock" >&2
    [ -x .venv/bin/python ] || "$python" -m venv --clear .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
    touch .venv/.ready
}

# IntelMQ and the client of the Reports API are under the AGPL: programs beside ours that tests run, never imported, in an
# environment of their own. Without them those tests are skipped, and say so.
intelmq_ready() {
    [ -f .venv-intelmq/.ready ] && [ .venv-intelmq/.ready -nt tests/intelmq.lock ]
}

make_intelmq() {
    echo "setup: making .venv-intelmq from tests/intelmq.lock, for tests alone" >&2
    .venv/bin/python -m venv --clear .venv-intelmq &&
        .venv-intelmq/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/intelmq.lock &&
        touch .venv-intelmq/.ready
}

packages_ready() {
    [ -f node_modules/.ready ] && [ node_modules/.ready -nt package-lock.json ]
}

# Nothing of these packages is run here, so that any npm from version 7 on will do.
bring_packages() {
    echo "setup: bringing the files that package-lock.json names" >&2
    npm=npm
    if ! command -v npm >/dev/null; then
        if [ ! -x .venv-node/bin/npm ]; then
            .venv/bin/python -m venv --clear .venv-node
            .venv-node/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tools/node.lock
        fi
        npm="$PWD/.venv-node/bin/npm"
    fi
    # A machine may trust authorities of its own; node has a list of its own unless it is told.
    authorities=/etc/ssl/certs/ca-certificates.crt
    if [ -z "${NODE_EXTRA_CA_CERTS:-}" ] && [ -r "$authorities" ]; then
        export NODE_EXTRA_CA_CERTS="$authorities"
    fi
    # npm is a program for node, which has to be found beside it.
    PATH="$(dirname "$(command -v "$npm")"):$PATH" "$npm" ci --ignore-scripts --loglevel=error >/dev/null || {
        echo "setup: npm could not bring what package-lock.json names (its words are above); is its registry within reach?" >&2
        exit 1
    }
    touch node_modules/.ready
}

python_ready || make_venv
packages_ready || bring_packages
.venv/bin/python tools/assets.py
intelmq_ready || make_intelmq || echo "setup: .venv-intelmq COULD NOT BE MADE: tests against IntelMQ will be skipped" >&2
