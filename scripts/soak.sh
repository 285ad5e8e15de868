#!/usr/bin/env bash
# Runs the proofs in full that "make test" runs in part, area by area, each an hour at most, logs in artifacts/soak. An area that
# passed on this commit is not run again, so that an interrupted soak goes on where it stopped; the 300 kills of the whole fabric are
# three areas for that reason. SECONDS_MAX shortens the hour. An argument names one area, or those that begin with it and a hyphen.
set -uo pipefail
cd "$(dirname "$0")/.."
configuration=${CONFIGURATION:-Release}
seconds_max=${SECONDS_MAX:-3600}
logs=artifacts/soak
commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
mkdir -p "$logs"

# name | what the tests are told | project | tests
areas() {
  cat <<'AREAS'
broker-log|FABRIC_TEST_TRACES=20000|Fabric.Kafka.Tests|FullyQualifiedName~PartitionLogCrashTests
streams-kills|FABRIC_STREAMS_KILLS=300|Fabric.Streams.Tests|FullyQualifiedName~Runtime.KillTests
kills-1|FABRIC_KILLS=100|Fabric.Host.Tests|FullyQualifiedName~EndToEnd.KillTests
kills-2|FABRIC_KILLS=100|Fabric.Host.Tests|FullyQualifiedName~EndToEnd.KillTests
kills-3|FABRIC_KILLS=100|Fabric.Host.Tests|FullyQualifiedName~EndToEnd.KillTests
simulation|FABRIC_SIMULATION_SEEDS=5000|Fabric.Simulation.Tests|FullyQualifiedName~Whatever_the_network
plant|FABRIC_SIMULATION_PLANT_SEEDS=500|Fabric.Simulation.Tests|FullyQualifiedName~Whatever_breaks_every_sample
AREAS
}

run_area() {
  local name=$1 setting=$2 project=$3 filter=$4 log="$logs/$1.log" done_file="$logs/$1.$commit.passed"
  if [ -f "$done_file" ]; then
    printf 'soak: %s passed on %s already\n' "$name" "$commit"
    return 0
  fi
  printf 'soak: %s, %s, log in %s\n' "$name" "$setting" "$log"
  printf '== %s %s %s\n' "$(date -u +%FT%TZ)" "$commit" "$setting" >>"$log"
  env "$setting" timeout --kill-after=60 "$seconds_max" dotnet test "tests/$project" --no-build --configuration "$configuration" \
    --nologo --filter "$filter" --logger "console;verbosity=detailed" >>"$log" 2>&1
  local status=$?
  if [ "$status" -eq 0 ]; then
    touch "$done_file"
  elif [ "$status" -eq 124 ]; then
    printf 'soak: %s did not end within %s s; what it got to is in the log\n' "$name" "$seconds_max" >&2
  else
    tail -30 "$log" >&2
  fi
  return "$status"
}

failed=0
wanted=${1:-}
while IFS='|' read -r name setting project filter; do
  if [ -z "$wanted" ] || [ "$wanted" = "$name" ] || [ "${name#"$wanted"-}" != "$name" ]; then
    run_area "$name" "$setting" "$project" "$filter" </dev/null || failed=$((failed + 1))
  fi
done < <(areas)
printf 'soak: %s areas failed\n' "$failed"
[ "$failed" -eq 0 ]
