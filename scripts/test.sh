#!/usr/bin/env bash
# Runs every test assembly and ends with one line: N passed, N failed[, N skipped]. Red when anything failed.
set -uo pipefail
cd "$(dirname "$0")/.."
configuration=${CONFIGURATION:-Release}
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

passed=0 failed=0 skipped=0 broken=0
for project in tests/*.Tests/*.csproj; do
  name=$(basename "$project" .csproj)
  log="$results/$name.log"
  printf '== %s\n' "$name"
  dotnet test "$project" --no-build --configuration "$configuration" --nologo --blame-hang-timeout 10m \
    --results-directory "$results/$name" --logger "console;verbosity=minimal" --logger trx >"$log" 2>&1
  status=$?
  # The runner's closing line: "Passed!  - Failed: 0, Passed: 5, Skipped: 0, Total: 5, Duration: …"
  summary=$(grep -E '(Passed!|Failed!|Skipped!) +- Failed:' "$log" | tail -1)
  if [ -z "$summary" ]; then
    cat "$log"
    if grep -q 'No test is available' "$log"; then continue; fi
    broken=$((broken + 1))
    continue
  fi
  number() { sed -E "s/.*$1: +([0-9]+).*/\1/" <<<"$summary"; }
  passed=$((passed + $(number Passed)))
  failed=$((failed + $(number Failed)))
  skipped=$((skipped + $(number Skipped)))
  if [ "$status" -ne 0 ]; then
    cat "$log"
    # Told again at the end: who sees only the last screen must see what failed and why.
    { printf '== %s\n' "$name"; grep -A 12 -E '^ *Failed [A-Za-z_]' "$log"; } >>"$results/failures"
    [ "$(number Failed)" -ne 0 ] || broken=$((broken + 1))
  else
    # What tests measured and which seed they drew is in the result file, also of those that passed.
    grep -hoE '^ *(&lt;StdOut&gt;|<StdOut>)?(measured|seed) .*' "$results/$name"/*.trx | sed -E 's/<[^>]*>//g; s/^ */  /' | head -60
    printf '%s\n' "$summary"
  fi
done

if [ -s "$results/failures" ]; then
  printf '\nWhat failed:\n'
  cat "$results/failures"
fi
failed=$((failed + broken))
line="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || line="$line, $skipped skipped"
printf '%s\n' "$line"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
