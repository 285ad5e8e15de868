#!/usr/bin/env bash
# Makes artifacts/publish: the fabric command with .NET and DuckDB inside, and the demo's plant beside it. The folder runs on a
# machine without .NET; librdkafka is the system's (scripts/setup.sh names its package), and the demo needs Node.
# RID picks another platform (linux-arm64), OUTPUT another folder.
set -euo pipefail
cd "$(dirname "$0")/.."
rid=${RID:-linux-x64}
output=${OUTPUT:-artifacts/publish}

fail() { printf 'publish: %s\n' "$*" >&2; exit 3; }

rm -rf "$output"
# A lock file apart: the runtime of one platform must not enter the lock files that are committed.
dotnet publish host/Fabric.Host.csproj --configuration Release --runtime "$rid" --self-contained true --output "$output" \
  --verbosity quiet --nologo -p:NuGetLockFilePath=obj/publish.lock.json
cp -R plant "$output/plant"
cp LICENSE README.md docker/fabric.service "$output/"

[ -x "$output/fabric" ] || fail "$output/fabric was not made"
compgen -G "$output/libduckdb.*" >/dev/null || fail "DuckDB's library is not in $output"
printf 'publish: %s for %s, %s\n' "$output" "$rid" "$(du -sh "$output" | cut -f1)"
