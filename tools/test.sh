#!/bin/bash
# Runs the test programs of a build, two at a time, then the end-to-end tests, and ends with one line of counts.
#   tools/test.sh [build folder] [regular expression found in a program's name]
# Every program speaks TAP: Criterion's into a file, the others' on standard output.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

build=$(realpath "${1:-build/release}")
only=${2:-.}
results=$build/results

time_limit_s() {
    case $1 in
    e2e) echo 1800 ;;
    sim-*) echo 900 ;;
    *) echo 300 ;;
    esac
}

# Counts a TAP file: "passed failed skipped".
tally() {
    awk '/^not ok/ { bad++; next } /^ok.*# *[Ss][Kk][Ii][Pp]/ { skip++; next } /^ok/ { good++ }
         END { print good + 0, bad + 0, skip + 0 }' "$@"
}

# A program that dies, stops short of its plan, or was reported by a sanitizer (which a test's own process may survive)
# has failed, even if all it said was ok.
sanitizer='ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|: runtime error: '
judge() { # name, exit code, TAP file, log
    local good bad skip plan
    read -r good bad skip <<<"$(tally "$3")"
    plan=$(sed -n 's/^1\.\.\([0-9][0-9]*\).*/\1/p' "$3" | head -1)
    if [ "$2" -eq 124 ]; then
        echo "not ok - $1: still running after $(time_limit_s "$1") s"
    elif [ "$2" -ne 0 ] && [ "$bad" -eq 0 ]; then
        echo "not ok - $1: ended with exit code $2"
    elif [ "$((good + bad + skip))" -lt "${plan:-1}" ]; then
        echo "not ok - $1: $((good + bad + skip)) of ${plan:-?} planned cases told a result"
    fi
    ! grep -qE "$sanitizer" "$4" || echo "not ok - $1: a sanitizer reported"
}

show() { # name, seconds, TAP file, log
    local good bad skip
    read -r good bad skip <<<"$(tally "$3")"
    printf '%-24s %4d passed, %d failed, %d skipped  (%d s)\n' "$1" "$good" "$bad" "$skip" "$2"
    grep -i '^ok.*# *skip' "$3" | sed 's/^/    /'
    [ "$bad" -eq 0 ] && return
    awk '/^not ok/ { on = 1 } /^ok/ || /^# Running/ { on = 0 } on { print "    " $0 }' "$3"
    grep -m 1 -A 25 -E "$sanitizer" "$4" | sed 's/^/    | /'
    echo "    --- end of $4"
    tail -n 40 "$4" | sed 's/^/    | /'
}

run_one() { # name, command ...
    local name=$1 started=$SECONDS code=0
    local tap=$results/$name.tap log=$results/$name.log
    shift
    rm -f "$tap" "$log"
    case $name in
    unit-*) timeout -k 10 "$(time_limit_s "$name")" "$@" "--tap=$tap" --jobs 2 >"$log" 2>&1 </dev/null || code=$? ;;
    *) timeout -k 10 "$(time_limit_s "$name")" "$@" >"$tap" 2>"$log" </dev/null || code=$? ;;
    esac
    touch "$tap"
    judge "$name" "$code" "$tap" "$log" >"$tap.more"
    cat "$tap.more" >>"$tap" && rm "$tap.more"
    flock "$results" bash -c 'exec cat' <<<"$(show "$name" $((SECONDS - started)) "$tap" "$log")"
}

if [ "${TEST_ONE:-}" ]; then
    run_one "$(basename "$TEST_ONE")" "$TEST_ONE"
    exit 0
fi

rm -rf "$results"
mkdir -p "$results"
export HIMAS_SOURCE_DIR=$PWD HIMAS_BIN_DIR=$build/bin
find "$build/bin" -maxdepth 1 -type f \( -name 'unit-*' -o -name 'corpus-*' -o -name 'sim-*' \) | grep -E "/[^/]*($only)[^/]*$" |
    sort | xargs -r -P 2 -I '{}' env TEST_ONE='{}' "$0" "$build"
if [ -x tests/e2e/run.sh ] && [[ e2e =~ $only ]]; then run_one e2e tests/e2e/run.sh "$build"; fi

shopt -s nullglob
taps=("$results"/*.tap)
[ ${#taps[@]} -gt 0 ] || { echo "nothing ran"; echo "0 passed, 0 failed, 0 skipped"; exit 1; }
read -r good bad skip <<<"$(tally "${taps[@]}")"
echo "$good passed, $bad failed, $skip skipped"
[ "$bad" -eq 0 ] && [ "$good" -gt 0 ]
