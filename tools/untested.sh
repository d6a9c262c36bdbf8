#!/bin/bash
# Every source has its test file, tests/unit/<path>/test_<file>.c, or a line with a reason in tools/untested.txt; and
# every such line is still needed.  And each limit in the table of docs/OPERATING.md is held by the tests it names: they
# are there, and one of them goes by each constant of its row.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
list=tools/untested.txt

code=0
while read -r source; do
    test_file=tests/unit/$(dirname "$source")/test_$(basename "$source")
    reason=$(awk -v source="$source" '$1 == source { $1 = ""; print; exit }' $list)
    if [ -e "$test_file" ]; then
        [ -z "$reason" ] || { echo "$list: $source has a test now: remove its line" && code=1; }
    elif [ -z "${reason// /}" ]; then
        echo "$source: no $test_file, and no reason in $list" && code=1
    fi
done < <(find common agents cli -name '*.c' | sort)
while read -r source _; do
    [ -e "$source" ] || { echo "$list: $source does not exist: remove its line" && code=1; }
done < <(grep -v '^ *\(#\|$\)' $list)

quoted() { grep -o '`[^`]*`' <<<"$1" | tr -d '`'; }
file_of() { # a test: SUITE/TEST of the unit programs, or a file
    if [ -e "$1" ]; then echo "$1"; else grep -rlE "^Test\(${1%%/*}, ${1#*/}[,)]" tests/unit; fi
}
rows=0
while IFS='|' read -r _ what _ _ constants tests _; do
    rows=$((rows + 1)) files=()
    while read -r test; do
        file=$(file_of "$test") || { echo "docs/OPERATING.md:$what: there is no test $test" && code=1; }
        files+=($file)
    done < <(quoted "$tests")
    while read -r constant; do
        grep -rqw "$constant" --include='*.h' common agents ||
            { echo "docs/OPERATING.md:$what: $constant is not in a header" && code=1; }
        [ ${#files[@]} -gt 0 ] && grep -qw "$constant" "${files[@]}" ||
            { echo "docs/OPERATING.md:$what: none of its tests names $constant" && code=1; }
    done < <(quoted "$constants" | grep -E '^[A-Z][A-Z_]+$')
    [ ${#files[@]} -gt 0 ] || { echo "docs/OPERATING.md:$what: no test holds it" && code=1; }
done < <(sed -n '/^| what | limit | beyond it/,/^$/p' docs/OPERATING.md | sed 1,2d | grep '^|')
[ $rows -gt 0 ] || { echo "docs/OPERATING.md: its table of limits is gone" && code=1; }
exit $code
