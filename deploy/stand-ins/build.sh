#!/bin/sh
# Builds images that stand in for python, rabbitmq, mongo and prometheus out of Debian's packages, for machines whose
# engine reaches no image registry: `build.sh [python] [rabbitmq] [mongo] [prometheus]` (all by default). Needs a Docker
# engine (engine.sh), root (debootstrap) and Debian's mirrors as this machine's /etc/apt names them.
# Names: PYTHON_IMAGE, RABBITMQ_IMAGE, MONGO_IMAGE, PROMETHEUS_IMAGE. What exists is kept; REBUILD=1 builds it again.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
state=${STAND_INS_STATE:-$here/../../.silkwire/stand-ins}
mkdir -p "$state"
base=silkwire-stand-in/debian:bookworm
python=${PYTHON_IMAGE:-silkwire-stand-in/python:3.11}
rabbitmq=${RABBITMQ_IMAGE:-silkwire-stand-in/rabbitmq:3.10}
mongo=${MONGO_IMAGE:-silkwire-stand-in/mongo:6.0}
prometheus=${PROMETHEUS_IMAGE:-silkwire-stand-in/prometheus:2.42}

not_run() {
    echo "NOT RUN: $1"
    exit 77
}

wanted() {
    [ "${REBUILD:-0}" = 1 ] || ! docker image inspect "$1" >/dev/null 2>&1
}

# Debian's own mirrors only, as apt resolved them here; other vendors' lists stay on the machine.
mirrors() {
    apt-get indextargets --format "$1" 'Origin: Debian' 'Created-By: Packages'
}

build_base() {
    wanted "$base" || return 0
    # shellcheck source=/dev/null
    [ "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" = bookworm ] || not_run 'stand-ins are built from Debian 12'
    [ "$(id -u)" = 0 ] || not_run 'debootstrap needs root'
    command -v debootstrap >/dev/null 2>&1 || {
        echo 'installing with apt: debootstrap' >&2
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends debootstrap >"$state/apt.log" 2>&1 \
            || not_run 'apt could not install debootstrap'
    }
    mirror=$(mirrors "\$(RELEASE) \$(REPO_URI)" | sed -n 's/^bookworm //p' | head -n 1)
    [ -n "$mirror" ] || not_run "apt knows no Debian mirror (run 'apt-get update')"
    root=$(mktemp -d "$state/root.XXXXXX")
    trap 'rm -rf "$root"' EXIT
    debootstrap --variant=minbase bookworm "$root" "$mirror" >"$state/debootstrap.log" 2>&1 \
        || not_run "debootstrap failed: $(tail -n 1 "$state/debootstrap.log")"
    mirrors "deb \$(REPO_URI) \$(RELEASE) \$(COMPONENT)" >"$root/etc/apt/sources.list"
    apt-config dump | grep -E '^Acquire::(http|https)::Proxy' >"$root/etc/apt/apt.conf.d/80proxy" || true
    mkdir -p "$root/usr/local/share/ca-certificates"
    cp -R /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
    rm -rf "$root"/var/cache/apt/archives/*.deb
    tar -C "$root" -c . | docker import - "$base" >/dev/null
    rm -rf "$root"
    trap - EXIT
}

# The host's network: a mirror or a proxy that only this machine reaches is reached from inside as well.
build() {
    folder=$1 image=$2
    wanted "$image" || { echo "stand-in: $image is there"; return 0; }
    build_base
    docker build --quiet --network host --build-arg "BASE=$base" --build-arg "PYTHON_IMAGE=$python" \
        --tag "$image" "$here/$folder" >"$state/$folder.log" 2>&1 \
        || { tail -n 20 "$state/$folder.log" >&2; not_run "the stand-in for $folder does not build"; }
    echo "stand-in: built $image"
}

[ $# -gt 0 ] || set -- python rabbitmq mongo prometheus
for name in "$@"; do
    case $name in
        python) build python "$python" ;;
        rabbitmq) build rabbitmq "$rabbitmq" ;;
        mongo) build python "$python"; build mongo "$mongo" ;;
        prometheus) build prometheus "$prometheus" ;;
        *) echo "usage: build.sh [python] [rabbitmq] [mongo] [prometheus]" >&2; exit 2 ;;
    esac
done
