#!/usr/bin/env bash
# Runs the benchmarks one after another: all of bench/, or the projects that are named. What was measured, against what, and
# which goals were missed stands in bench/README.md.
set -uo pipefail
cd "$(dirname "$0")/.."
configuration=${CONFIGURATION:-Release}

# Benchmarks with several parts name them; the others have none.
parts_of() {
  case "$1" in
    Fabric.Kafka.Bench) echo produce roundtrip durable commit ;;
    Fabric.Streams.Bench) echo map state restore ;;
    Fabric.Lakehouse.Bench) echo sink commit plant ;;
    *) echo all ;;
  esac
}

failed=0
names=("$@")
[ "${#names[@]}" -gt 0 ] || mapfile -t names < <(find bench -name '*.csproj' -exec basename {} .csproj \; | sort)
for name in "${names[@]}"; do
  project="bench/$name/$name.csproj"
  if [ ! -f "$project" ]; then
    printf 'bench: there is no %s\n' "$project" >&2
    exit 2
  fi
  dotnet build "$project" --configuration "$configuration" --verbosity quiet --nologo || { failed=1; continue; }
  for part in $(parts_of "$name"); do
    printf '== %s %s\n' "$name" "$part"
    arguments=()
    [ "$part" = all ] || arguments=("$part")
    dotnet run --no-build --configuration "$configuration" --project "$project" -- "${arguments[@]}" || failed=1
  done
done
exit "$failed"
