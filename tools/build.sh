#!/bin/bash
# Configures and builds presets; says little unless something fails.
#   tools/build.sh preset[:target] ...
set -euo pipefail
cd "$(dirname "$0")/.."

quietly() {
    local log
    log=$(mktemp)
    if "$@" >"$log" 2>&1 </dev/null; then rm "$log"; else cat "$log"; rm "$log"; return 1; fi
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
