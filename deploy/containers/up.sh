#!/bin/sh
# The whole system in containers, in the background: makes .env with passwords of its own where there is none, builds,
# starts, waits until all is healthy, and prints the page's address. What follows goes to `compose up`.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
cd "$root"
wait_s=${UP_SECONDS:-300}

secret() {
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}

if ! docker info >/dev/null 2>&1; then
    echo "No Docker engine answers: start it, or run the system without containers by 'make demo'." >&2
    exit 1
fi
if [ ! -e .env ]; then
    umask 077
    while IFS= read -r line; do
        case $line in
            *=change-me*) echo "${line%%=*}=$(secret)" ;;
            *) echo "$line" ;;
        esac
    done <.env.example >.env
    echo "made .env with new passwords"
fi

sh deploy/containers/compose.sh up --build --detach "$@"

waited=0
while :; do
    # Names of what is neither healthy nor done; a container without a health check counts when it runs.
    unwell=$(sh deploy/containers/compose.sh ps --quiet | xargs -r docker inspect --format \
        '{{.Name}} {{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}} {{.State.ExitCode}}{{end}}' \
        | grep -v -E ' (healthy|running 0|exited 0)$' || true)
    [ -n "$unwell" ] || break
    [ "$waited" -lt "$wait_s" ] || { echo "not healthy after $wait_s s:"; echo "$unwell"; exit 1; }
    sleep 1
    waited=$((waited + 1))
done
echo "Silkwire is up: http://$(sh deploy/containers/compose.sh port gateway 8000)/"
