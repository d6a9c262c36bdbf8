#!/bin/bash
# Configures and builds presets; says little unless something fails.
#   tools/build.sh preset[:target] ...
set -euo pipefail
cd "$(dirname "$0")/.."

quietly() {
    local log
    log=$(mktemp)
    if "$@" >"$log" 2>&1 </dev/null; then rm "$log"; return; fi
    grep -vE '^\[[0-9]+/[0-9]+\] |GLOB mismatch|^: && |^/usr/bin/(cc|gcc|clang) ' "$log"
    rm "$log"
    return 1
}

for what in "$@"; do
    preset=${what%%:*}
    target=${what#"$preset"}
    target=${target#:}
    started=$SECONDS
    quietly cmake --preset "$preset"
    quietly cmake --build "build/$preset" --target "${target:-all}" -- -k 0
    echo "built build/$preset $target ($((SECONDS - started)) s)"
done
