#!/bin/bash
# Builds and runs the measurements of tests/bench, one after another, and ends with one table: every aim, ratios first.
#
#   tools/bench.sh [WORD...]   all of them, or those named so: bench.sh merge round
set -euo pipefail
cd "$(dirname "$0")/.."
tools/build.sh release
shopt -s nullglob
benches=(build/release/bin/bench-*)
[ ${#benches[@]} -gt 0 ] || { echo "there are no measurements yet"; exit 1; }
rows=$(mktemp)
trap 'rm -f "$rows"' EXIT
for bench in "${benches[@]}"; do
    name=${bench##*/bench-}
    [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
    echo "== bench-$name"
    "$bench" | tee -a "$rows"
done
echo "== every aim of this run"
sed -n 's/^= //p' "$rows"
