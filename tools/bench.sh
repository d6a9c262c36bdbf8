#!/bin/bash
# Builds and runs the measurements of tests/bench, one after another.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/build.sh release
shopt -s nullglob
benches=(build/release/bin/bench-*)
[ ${#benches[@]} -gt 0 ] || { echo "there are no measurements yet"; exit 1; }
for bench in "${benches[@]}"; do
    echo "== ${bench##*/}"
    "$bench"
done
