#!/bin/sh
# Writes requirements.lock anew from pyproject.toml, and tests/intelmq.lock from tests/intelmq.in: hashes, no addresses. Needs
# uv (a package of that name).
set -eu
cd "$(dirname "$0")/.."
lock() {
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-annotate --no-header "$@"
}
lock --output-file tests/intelmq.lock "$@" tests/intelmq.in
lock --output-file requirements.lock --all-extras "$@" pyproject.toml
