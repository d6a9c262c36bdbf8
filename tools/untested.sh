#!/bin/bash
# Every source has its test file, tests/unit/<path>/test_<file>.c, or a line with a reason in tools/untested.txt; and
# every such line is still needed.
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
exit $code
