#!/bin/bash
# Runs every fuzz target for a while, two at a time, from the seeds of tests/fuzz/corpus/<x>/ (and, when there is one,
# the dictionary tests/fuzz/<x>.dict).  What breaks a target is kept in build/fuzz/broken/.
#   tools/fuzz.sh [seconds each]
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
seconds=${1:-${FUZZ_SECONDS:-12}}
broken=build/fuzz/broken

one() { # program
    local name=${1##*/fuzz_} log found code=0
    log=build/fuzz/$name.log
    found=build/fuzz/found/$name
    mkdir -p "$found"
    local args=("$found" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0
        -artifact_prefix="$broken/$name-")
    [ -e "tests/fuzz/$name.dict" ] && args+=(-dict="tests/fuzz/$name.dict")
    [ -d "tests/fuzz/corpus/$name" ] && args+=("tests/fuzz/corpus/$name")
    "$1" "${args[@]}" >"$log" 2>&1 </dev/null || code=$?
    printf '%-16s %s runs in %s s%s\n' "$name" "$(awk '/number_of_executed_units/ { print $2 }' "$log")" "$seconds" \
        "$([ $code -eq 0 ] || echo ", BROKEN: $log")"
    [ $code -eq 0 ] || { grep -m 1 -A 12 -E 'ERROR|runtime error' "$log" | sed 's/^/    /' && return 1; }
}

if [ "${FUZZ_ONE:-}" ]; then one "$FUZZ_ONE"; exit; fi
mkdir -p "$broken"
shopt -s nullglob
targets=(build/fuzz/bin/fuzz_*)
[ ${#targets[@]} -gt 0 ] || { echo "no fuzz targets were built"; exit 1; }
printf '%s\n' "${targets[@]}" | xargs -P 2 -I '{}' env FUZZ_ONE='{}' "$0" "$seconds"
