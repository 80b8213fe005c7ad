#!/bin/sh
# A Docker engine for the container leg: `engine.sh start` uses the one that answers, else starts dockerd itself;
# `engine.sh stop` ends only what `start` started. Exit code 77: no engine can be had, the reason is on the last line.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
state=${STAND_INS_STATE:-$here/../../.silkwire/stand-ins}
pid_file=$state/dockerd.pid
log=$state/dockerd.log
wait_s=60

not_run() {
    echo "NOT RUN: $1"
    exit 77
}

answers() {
    docker version --format '{{.Server.Version}}' >/dev/null 2>&1
}

may_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1
}

ensure_programs() {
    missing=''
    command -v dockerd >/dev/null 2>&1 || missing="$missing docker.io"
    command -v docker-compose >/dev/null 2>&1 || docker compose version >/dev/null 2>&1 || missing="$missing docker-compose"
    [ -n "$missing" ] || return 0
    may_install || not_run "no Docker engine answers and this user cannot install one (missing:$missing)"
    echo "installing with apt:$missing" >&2
    # shellcheck disable=SC2086  # a list of package names
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends iptables $missing; } \
        >"$state/apt.log" 2>&1 || not_run "apt could not install$missing: $(tail -n 1 "$state/apt.log")"
}

start() {
    mkdir -p "$state"
    if answers; then
        echo "engine: Docker $(docker version --format '{{.Server.Version}}') answers already"
        return 0
    fi
    ensure_programs
    if answers; then
        echo "engine: Docker $(docker version --format '{{.Server.Version}}') started by its package"
        return 0
    fi
    [ "$(id -u)" = 0 ] || not_run "no Docker engine answers and dockerd needs root"
    setsid dockerd --pidfile "$pid_file" >"$log" 2>&1 </dev/null &
    waited=0
    until answers; do
        [ "$waited" -lt "$wait_s" ] || {
            stop
            not_run "dockerd is not up after $wait_s s: $(grep -E 'level=(error|fatal)|failed' "$log" | tail -n 1)"
        }
        sleep 1
        waited=$((waited + 1))
    done
    echo "engine: started dockerd $(docker version --format '{{.Server.Version}}') (pid $(cat "$pid_file")) in $waited s"
}

stop() {
    [ -s "$pid_file" ] || return 0
    pid=$(cat "$pid_file")
    kill "$pid" 2>/dev/null || { rm -f "$pid_file"; return 0; }
    waited=0
    while kill -0 "$pid" 2>/dev/null && [ "$waited" -lt "$wait_s" ]; do
        sleep 1
        waited=$((waited + 1))
    done
    rm -f "$pid_file"
    echo "engine: stopped dockerd (pid $pid)"
}

case "${1:-}" in
    start) start ;;
    stop) stop ;;
    *) echo "usage: engine.sh start|stop" >&2; exit 2 ;;
esac
