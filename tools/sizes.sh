#!/bin/bash
# Measures files and functions, and fails above the house's figures:
#   source <= 500 lines, header <= 150, function <= 60 (tests too); outside tests also
#   file median <= 200, function median <= 12, function p90 <= 40.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

sources() { find common agents cli tests -name '*.[ch]' 2>/dev/null | sort; }
files() { sources | xargs -r wc -l | awk '$2 != "total" { print $1, $2 }'; }
functions() {
    sources | ctags -L - --languages=C --langmap=C:.c.h --kinds-C=f --fields=+ne -f - |
        awk -F '\t' '{
            for (i = 4; i <= NF; i++) {
                if ($i ~ /^line:/) from = substr($i, 6)
                if ($i ~ /^end:/) { print substr($i, 5) - from + 1, $2 ":" from, $1; break }
            }
        }'
}

caps() {
    awk '{ cap = $3 != "" ? 60 : $2 ~ /[.]h$/ ? 150 : 500 }
         $1 > cap { print $2 ": " ($3 != "" ? $3 "() has " : "") $1 " lines, at most " cap; bad = 1 } END { exit bad }'
}

# Prints "what: n, median, p90, longest" of the numbers read, and fails above the two figures.
spread() { # what, most median, most p90
    sort -n | awk -v what="$1" -v median="$2" -v p90="$3" '
        { v[NR] = $1 }
        function at(q, i) { i = int(q * NR + .999999); return NR ? v[i < 1 ? 1 : i] : 0 }
        END {
            printf "%-16s %5d: median %d, p90 %d, longest %d\n", what, NR, at(.5), at(.9), at(1)
            if (at(.5) > median || at(.9) > p90) { printf "%s: at most median %d, p90 %d\n", what, median, p90; exit 1 }
        }'
}

list=$(files)
all=$(functions)
code=0
printf '%s\n' "$list" "$all" | caps || code=1
grep -v ' tests/' <<<"$list" | grep '\.c$' | spread "sources" 200 500 || code=1
grep -v ' tests/' <<<"$list" | grep '\.h$' | spread "headers" 150 150 || code=1
grep -v ' tests/' <<<"$all" | spread "functions" 12 40 || code=1
grep ' tests/' <<<"$list" | spread "test files" 500 500 || code=1
grep ' tests/' <<<"$all" | spread "test functions" 60 60 || code=1
exit $code
