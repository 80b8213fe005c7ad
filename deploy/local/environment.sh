#!/bin/sh
# Makes .venv from uv.lock with a pinned uv of its own in .tools. Usage: environment.sh demo|dev
set -eu
cd "$(dirname "$0")/../.."
uv_version=0.13.9
kind=${1:-demo}

say() { printf '%s\n' "silkwire: $*" >&2; }

python=${PYTHON:-python3}
if ! command -v "$python" >/dev/null 2>&1; then
  say "Python 3.11 or later is needed and '$python' was not found. Install it, or name one: PYTHON=/path/to/python make demo"
  exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  say "Python 3.11 or later is needed; '$python' is $("$python" --version). Name another: PYTHON=python3.12 make demo"
  exit 1
fi
if [ "$(.tools/bin/uv --version 2>/dev/null | cut -d' ' -f2)" != "$uv_version" ]; then
  say "making the environment (the first time takes about a minute)"
  if ! "$python" -m venv .tools 2>/tmp/silkwire-venv.$$; then
    cat /tmp/silkwire-venv.$$ >&2
    rm -f /tmp/silkwire-venv.$$
    say "Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv"
    exit 1
  fi
  rm -f /tmp/silkwire-venv.$$
  .tools/bin/python -m pip install --quiet --disable-pip-version-check "uv==$uv_version"
fi
case $kind in
  demo) .tools/bin/uv sync --quiet --frozen --inexact --no-dev --all-extras --python "$python" ;;
  dev) .tools/bin/uv sync --quiet --frozen --all-extras --python "$python" ;;
  *) say "unknown kind '$kind': demo or dev"; exit 2 ;;
esac
