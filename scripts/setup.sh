#!/usr/bin/env bash
# Checks for what Fabric needs, installs what is missing where it can, and says exactly what to do where it cannot.
# Idempotent and quick when nothing is missing; every other make target calls it.
set -euo pipefail
cd "$(dirname "$0")/.."

# Keep this list equal to docker/Dockerfile's: a test compares them.
RUNTIME_PACKAGES=(librdkafka1)
JUDGE_PACKAGES=(kcat mosquitto mosquitto-clients python3-scipy)

fail() { printf 'setup: %s\n' "$*" >&2; exit 3; }
say() { printf 'setup: %s\n' "$*"; }

check_dotnet() {
  command -v dotnet >/dev/null || fail "the .NET 10 SDK is missing: install dotnet-sdk-10.0 (https://dot.net) and run again"
  dotnet --list-sdks | grep -q '^10\.' \
    || fail "a .NET 10 SDK is needed, found: $(dotnet --list-sdks | tr '\n' ' '). Install dotnet-sdk-10.0 and run again"
}

check_node() {
  command -v node >/dev/null && command -v npm >/dev/null \
    || fail "Node.js 20 or later with npm is missing: install it (https://nodejs.org) and run again"
  local major
  major=$(node --version | sed -E 's/^v([0-9]+).*/\1/')
  [ "$major" -ge 20 ] || fail "Node.js 20 or later is needed, found $(node --version)"
}

missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || echo "$package"
  done
}

install_packages() {
  local missing
  if ! command -v apt-get >/dev/null; then
    ldconfig -p 2>/dev/null | grep -q 'librdkafka\.so\.1' \
      || say "no apt here: install librdkafka 1.9 or later (macOS: brew install librdkafka; Fedora: dnf install librdkafka)"
    for tool in kcat mosquitto; do
      command -v "$tool" >/dev/null || [ -x "/usr/sbin/$tool" ] || say "no apt here: install $tool for the tests"
    done
    return
  fi
  mapfile -t missing < <(missing_packages "${RUNTIME_PACKAGES[@]}" "${JUDGE_PACKAGES[@]}")
  [ "${#missing[@]}" -eq 0 ] && return
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "as root, run: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
}

install_node_modules() {
  local folder
  for folder in native plant tests/judges; do
    if [ ! -f "$folder/node_modules/.package-lock.json" ] \
      || [ "$folder/package-lock.json" -nt "$folder/node_modules/.package-lock.json" ]; then
      say "npm ci in $folder"
      (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null \
        && touch node_modules/.package-lock.json) || fail "npm ci failed in $folder: see above"
    fi
  done
}

check_dotnet
check_node
install_packages
install_node_modules
