#!/bin/sh
# Docker's compose, of whichever generation this machine has: compose.sh up --build
set -eu

if docker compose version >/dev/null 2>&1; then
    exec docker compose "$@"
fi
command -v docker-compose >/dev/null 2>&1 || {
    echo "Docker's compose is missing: install the docker-compose-plugin, or docker-compose" >&2
    exit 1
}
exec docker-compose "$@"
