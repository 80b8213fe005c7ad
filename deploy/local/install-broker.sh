#!/bin/sh
# Finds RabbitMQ on this machine, or installs it where that is possible. Usage: install-broker.sh [--for demo|tests|faults]
#
# Silkwire starts a RabbitMQ node of its own; the distribution's own service is therefore kept from starting.
# Exit code 0: there is a broker, or the tests will say themselves what could not run. 1: there is none.
set -eu

purpose=demo
while [ $# -gt 0 ]; do
  case $1 in
    --for) purpose=${2:?"--for needs demo, tests or faults"}; shift 2 ;;
    *) printf 'usage: %s [--for demo|tests|faults]\n' "$0" >&2; exit 2 ;;
  esac
done

say() { printf 'silkwire: %s\n' "$*" >&2; }

installed() {
  [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || command -v rabbitmq-server >/dev/null 2>&1
}

# The embedded MongoDB needs libcurl; a machine that lacks it most likely lacks the broker too.
has_libcurl() {
  for place in /lib/*-linux-gnu /usr/lib/*-linux-gnu /usr/lib64 /usr/lib; do
    [ -e "$place/libcurl.so.4" ] && return 0
  done
  [ "$(uname -s)" != Linux ]
}

# Wrong clocks for the fault experiments; the demo and the tests do without.
has_wrong_clocks() {
  [ "$purpose" != faults ] && return 0
  for place in /usr/lib/*/faketime /usr/lib/faketime /usr/local/lib/faketime; do
    [ -e "$place/libfaketimeMT.so.1" ] && return 0
  done
  [ "$(uname -s)" != Linux ]
}

engine_answers() {
  command -v docker >/dev/null 2>&1 && docker info >/dev/null 2>&1
}

without() {
  case $purpose in
    demo)
      say "how to get on without it: one process on the memory bus (make demo BROKER=memory; it goes on that way"
      say "now), a RabbitMQ that runs elsewhere (AMQP_URL=amqp://user:password@host/), or docker compose up."
      exit 1 ;;
    *)
      say "the tests that need it will be listed as NOT RUN. With a Docker engine they run in containers."
      exit 0 ;;
  esac
}

case $purpose in
  demo) given=${AMQP_URL:-} ;;
  tests|faults) given=${TEST_AMQP_URL:-} ;;
  *) say "unknown purpose '$purpose': demo, tests or faults"; exit 2 ;;
esac
if installed; then broker=; else broker=rabbitmq-server; fi
if [ -n "$given" ]; then broker=; fi
if has_libcurl; then library=; else library=libcurl4; fi
if ! has_wrong_clocks; then library="$library${library:+ }libfaketime"; fi
if [ -z "$broker$library" ]; then exit 0; fi
if [ "$purpose" = tests ] && [ -z "$library" ] && engine_answers; then exit 0; fi

missing="$broker${broker:+${library:+ }}$library"
if ! command -v apt-get >/dev/null 2>&1; then
  say "not installed here: $missing. This is not Debian or Ubuntu: install it with your system's package manager."
  [ -z "$broker" ] && exit 0
  without
fi
if [ "$(id -u)" -ne 0 ]; then
  say "not installed here: $missing. As root: apt-get install $missing"
  [ -z "$broker" ] && exit 0
  without
fi

say "installing with apt-get: $missing${broker:+ (about 100 MB; a service that comes along is neither started nor enabled)}"

# Debian asks this script before it starts a service after installing it; 101 means no. One that is already there
# is the administrator's own and stays.
policy=/usr/sbin/policy-rc.d
mine=
undo() { if [ -n "$mine" ]; then rm -f "$policy"; mine=; fi; }
trap undo EXIT
trap 'undo; exit 130' INT
trap 'undo; exit 143' TERM HUP
if [ -n "$broker" ] && [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  mine=yes
fi

log=$(mktemp)
install() {
  # shellcheck disable=SC2086  # each package is a word
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >>"$log" 2>&1
}
if ! install; then
  # Most likely the lists are old or absent, as in a fresh container.
  if ! { apt-get update >>"$log" 2>&1 && install; }; then
    tail -n 5 "$log" >&2
    say "apt-get could not install $missing; everything it said is in $log"
    [ -z "$broker" ] && exit 0
    without
  fi
fi
rm -f "$log"
if [ -n "$broker" ]; then
  # Not at the next boot either; to have it: systemctl enable --now rabbitmq-server
  if command -v update-rc.d >/dev/null 2>&1; then update-rc.d rabbitmq-server disable >/dev/null 2>&1 || true; fi
fi
say "installed: $missing"
