#!/bin/bash
# The unit programs under valgrind: reads of what was never written or is gone, and lost memory.  A quarter of an hour.
#   tools/valgrind.sh [BUILD_DIR [regular expression of program names]]        what it finds is in build/check/valgrind-*
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
build=${1:-build/release}
only=${2:-.}
code=0
mkdir -p build/check
for program in "$build"/bin/unit-*; do
    name=${program##*/}
    [[ $name =~ $only ]] || continue
    started=$SECONDS log=build/check/valgrind-$name
    rm -f "$log".*
    valgrind -q --trace-children=yes --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
        --log-file="$log.%p" "$program" --jobs 2 >"$log.out" 2>&1
    ended=$?
    found=$(find build/check -name "valgrind-$name.[0-9]*" -size +0 | wc -l)
    printf '%-18s %4d s  exit code %d, complaints in %d processes\n' "$name" $((SECONDS - started)) $ended "$found"
    [ $ended -eq 0 ] && [ "$found" -eq 0 ] && rm -f "$log".[0-9]* && continue
    code=1
    tail -n 5 "$log.out"
done
exit $code
