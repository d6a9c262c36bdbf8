#!/bin/bash
# Builds and runs the measurements of tests/bench, one after another, and ends with one table: what was measured first,
# then its aim.
#
#   tools/bench.sh [--write] [WORD...]   all of them, or those named so: bench.sh merge round
#
# What each prints stays in build/release/bench/ until it runs again, and the table is of all that is there, so that they
# may be run at different times.  --write puts the table, and the lines behind each missed aim, into docs/BENCHMARKS.md.
set -euo pipefail
cd "$(dirname "$0")/.."
write=
[ "${1:-}" != --write ] || { write=1 && shift; }
tools/build.sh release
shopt -s nullglob
benches=(build/release/bin/bench-*)
[ ${#benches[@]} -gt 0 ] || { echo "there are no measurements yet"; exit 1; }
said=build/release/bench
mkdir -p $said
for bench in "${benches[@]}"; do
    name=${bench##*/bench-}
    [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
    echo "== bench-$name"
    rm -f "$said/$name"
    "$bench" | tee "$said/$name.part"
    mv "$said/$name.part" "$said/$name"
done

# measured, aim, verdict, bench, what: of every line "= ..." that report.h prints.
rows() {
    local file
    for file in "$said"/*; do
        [[ $file == *.part ]] || sed -n 's/^= *//p' "$file" |
            awk -F '\t' -v OFS='\t' -v bench="${file##*/}" '{ print $1, $2, $3, bench, $4 }'
    done
}

machine() {
    local family
    family=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | sed -n 1p)
    echo "$(nproc) cores, ${family:-$(uname -m)}, $(awk '/^MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo) GB of memory," \
        "$(. /etc/os-release && echo "$PRETTY_NAME"), $(cut -d ' ' -f 2 /proc/loadavg) processes at work in the last five minutes"
}

# Those without a row are named, not left out in silence.
not_run() {
    local bench
    for bench in "${benches[@]}"; do
        [ -e "$said/${bench##*/bench-}" ] || echo "${bench##*/bench-}"
    done | paste -sd ' '
}

# All lines of the measurements that missed an aim.
behind() {
    rows | grep MISSED >/dev/null || printf '\nNone was.\n'
    rows | awk -F '\t' '$3 == "MISSED" { print $4 }' | uniq | while read -r name; do
        printf '\n`bench-%s`:\n\n```\n' "$name"
        sed -n '/^=/!p' "$said/$name"
        printf '```\n'
    done
}

page() {
    sed '/^<!-- from here on/q' docs/BENCHMARKS.md
    printf '\n## Measured\n\nOn %s, %s.\n\n' "$(date -u +%F)" "$(machine)"
    printf '| measured | aim | | bench | what |\n|---:|---|---|---|---|\n'
    rows | awk -F '\t' '{ printf "| %s | %s | %s | %s | %s |\n", $1, $2, $3, $4, $5 }'
    printf '\nNot run for this table: %s.\n' "$(not_run | grep . || echo none)"
    printf '\n## Behind the aims that were missed\n'
    behind
}

echo "== every aim, on $(machine)"
{ printf 'measured\taim\t\tbench\twhat\n' && rows; } | column -t -s $'\t'
echo "not run: $(not_run)"
if [ -n "$write" ]; then
    page >"$said.md"
    mv "$said.md" docs/BENCHMARKS.md
    echo "docs/BENCHMARKS.md is written"
fi
