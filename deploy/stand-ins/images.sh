#!/bin/sh
# Prints the image settings that this machine can really use, as KEY=name lines for `.env` or a shell: the names given
# (or the official ones) where the engine has them or can pull them, else stand-ins, which it builds.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
pull_s=${PULL_SECONDS:-120}

have() {
    docker image inspect "$1" >/dev/null 2>&1 || timeout "$pull_s" docker pull --quiet "$1" >/dev/null 2>&1
}

# usage: choose KEY official-name stand-in-name stand-in-folder
choose() {
    eval "given=\${$1:-}"
    # shellcheck disable=SC2154  # set by the line above
    if have "${given:-$2}"; then
        echo "$1=${given:-$2}"
        return 0
    fi
    [ -z "$given" ] || { echo "NOT RUN: the engine has no image $given ($1)" >&2; exit 77; }
    "$here/build.sh" "$4" >&2
    echo "$1=$3"
}

choose PYTHON_IMAGE python:3.12-slim-bookworm silkwire-stand-in/python:3.11 python
choose RABBITMQ_IMAGE rabbitmq:4.1-management silkwire-stand-in/rabbitmq:3.10 rabbitmq
choose MONGO_IMAGE mongo:8.0 silkwire-stand-in/mongo:6.0 mongo
choose PROMETHEUS_IMAGE prom/prometheus:v3.5.0 silkwire-stand-in/prometheus:2.42 prometheus
