#!/bin/bash
# Runs the generators of tools/generated.txt and compares with the files in the repository, or writes them.
#   tools/generated.sh [--write] [build folder]
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
write=
[ "${1:-}" = --write ] && write=yes && shift
bin=$(realpath "${1:-build/release}")/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

one() { # file, command line
    local program=${2%% *}
    if ! PATH=$bin:$PATH command -v "$program" >/dev/null; then
        echo "$1: its generator $program is neither in $bin nor installed" && return 1
    fi
    if ! PATH=$bin:$PATH bash -o pipefail -c "$2" >"$work/out" 2>"$work/err" </dev/null; then
        echo "$1: failed: $2" && sed 's/^/    /' "$work/err" && return 1
    fi
    [ "$write" ] && mkdir -p "$(dirname "$1")" && cp "$work/out" "$1" && return 0
    cmp -s "$work/out" "$1" && return 0
    echo "$1: stale; run: tools/generated.sh --write"
    diff -u "$1" "$work/out" 2>&1 | head -n 20 | sed 's/^/    /'
    return 1
}

code=0
while read -r file command; do
    one "$file" "$command" || code=1
done < <(grep -v '^ *\(#\|$\)' tools/generated.txt)
exit $code
