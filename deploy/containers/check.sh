#!/bin/sh
# The container leg: builds the images, runs the system on the sample newsroom, scales it to two of each, and looks.
# Uses the Docker engine that answers, else starts one for the time of the check; builds stand-ins for images that no
# registry gives. One line per check. Exit code 77 and NOT RUN with the reason where no engine or no image can be had.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
here=$root/deploy/containers
bound_s=${CHECK_SECONDS:-1500}
state=$root/.silkwire/containers
project=silkwire-check-$$
mkdir -p "$state"
settings=$state/$project.env
created=''

cleanup() {
    code=$?
    trap - EXIT INT TERM
    if [ -n "$created" ]; then
        sh "$here/compose.sh" --project-name "$project" --env-file "$settings" \
            --file "$root/docker-compose.yml" --file "$here/sample.yml" --profile observability \
            down --volumes --remove-orphans --timeout 10 >"$state/down.log" 2>&1 \
            || echo "the containers of $project could not all be removed, see $state/down.log"
    fi
    rm -f "$settings"
    sh "$root/deploy/stand-ins/engine.sh" stop
    exit "$code"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# So many ports in a row that are free on this machine.
free_ports() {
    python3 - "$1" <<'PYTHON'
import random, socket, sys

count = int(sys.argv[1])
while True:
    first = random.randrange(20000, 30000)
    held = []
    try:
        for port in range(first, first + count):
            held.append(socket.create_server(("127.0.0.1", port)))
    except OSError:
        continue
    finally:
        for one in held:
            one.close()
    print(first)
    break
PYTHON
}

secret() {
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}

sh "$root/deploy/stand-ins/engine.sh" start
images=$(sh "$root/deploy/stand-ins/images.sh")
first_port=$(free_ports 11)
umask 077
cat >"$settings" <<SETTINGS
$images
RABBITMQ_PASSWORD=$(secret)
MONGO_ROOT_PASSWORD=$(secret)
MONGO_PASSWORD=$(secret)
GRAFANA_PASSWORD=$(secret)
GATEWAY_PORTS=$first_port-$((first_port + 9))
PROMETHEUS_PORT=$((first_port + 10))
SETTINGS
echo "$images" | sed 's/^/image: /'
created=yes
timeout --foreground "$bound_s" python3 "$here/check.py" \
    --project "$project" --env-file "$settings" --prometheus-port "$((first_port + 10))" || {
    code=$?
    [ "$code" != 124 ] || echo "FAIL  not finished after $bound_s s"
    exit "$code"
}
