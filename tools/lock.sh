#!/bin/sh
# Writes requirements.lock anew from pyproject.toml: hashes, no addresses. Needs uv (a package of that name).
set -eu
cd "$(dirname "$0")/.."
exec uv pip compile --quiet --universal --python-version 3.11 --all-extras --generate-hashes \
    --no-emit-index-url --no-annotate --no-header --output-file requirements.lock "$@" pyproject.toml
