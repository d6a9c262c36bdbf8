#!/bin/bash
# clang-tidy over our sources (the tests are left to the compilers and sanitizers: Criterion's macros drown it), two at
# a time.  A source whose preprocessed text, command and rules passed before is not looked at again.
#   tools/tidy.sh [build folder made with clang]
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
build=$(realpath "${1:-build/clang}")
passed=$build/tidy
mkdir -p "$passed"

flags=(-std=c17 -I. -D_DEFAULT_SOURCE -D_POSIX_C_SOURCE=200809L)
one() {
    local key report
    key=$({ cat .clang-tidy; clang-tidy --version; clang "${flags[@]}" -E "$1"; } 2>/dev/null | sha256sum)
    key=$passed/${key%% *}
    [ -e "$key" ] && return 0
    report=$(clang-tidy --quiet -p "$build" "$1" 2>/dev/null) && [ -z "$report" ] && touch "$key" && return 0
    printf '%s\n' "${report:-$1: clang-tidy could not read it}"
    return 1
}

if [ "${TIDY_ONE:-}" ]; then one "$TIDY_ONE"; exit; fi
find common agents cli -name '*.c' | sort | xargs -r -P "$(nproc)" -I '{}' env TIDY_ONE='{}' "$0" "$build"
