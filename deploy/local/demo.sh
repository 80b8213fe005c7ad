#!/bin/sh
# Fresh machine to running system: makes the environment, finds or installs a broker, starts `silkwire up`.
# Reads PORT, DATA_DIR, BROKER (auto, memory, amqp://...), SOURCES (an OPML file; turns the sample newsroom off).
set -eu
cd "$(dirname "$0")/../.."
sh deploy/local/environment.sh demo
broker=${BROKER:-auto}
if [ "$broker" = auto ]; then
  sh deploy/local/install-broker.sh --for demo || true # without a broker, `up` goes on in one process and says so
fi
set -- up --port "${PORT:-8000}" --data "${DATA_DIR:-.silkwire}" --broker "$broker"
if [ -n "${SOURCES:-}" ]; then
  set -- "$@" --sources "$SOURCES"
fi
exec .venv/bin/silkwire "$@"
