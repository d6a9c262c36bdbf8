#!/bin/bash
# The law of layers, read off the #include lines: who may use whom, one door for each library, one main(), and no
# mutable state at file scope.  Prints file:line for each breach.
#   tools/layers.sh [build folder whose objects are searched for mutable state]
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
build=${1:-}

# Folder, and where its quoted includes may lead.  The first row that fits a file decides.
layers='
common/base/              common/base/
common/crypto/            common/(base|crypto)/
common/learn/             common/(base|learn)/
common/privacy/           common/(base|learn|crypto|privacy)/
common/phi/               common/(base|crypto|phi)/
common/wire/              common/(base|wire)/
common/terms/             common/(base|learn|crypto|privacy|wire|terms)/
common/runtime/           common/(base|wire|crypto|phi|runtime)/
agents/[^/]+/             common/[a-z]+/|agents/SELF/
cli/(simulate|compare|partition|docs|privacy|audit) common/[a-z]+/|agents/|cli/
cli/                      common/(base|wire|runtime)/|cli/
'
# Library header, and the only files that may include it.
doors='
strophe\.h                common/runtime/xmpp/
uv\.h                     common/runtime/(host_uv|host_probe|daemon)\.|common/runtime/xmpp/
yajl/.*                   common/base/json_read\.c
yaml\.h                   common/wire/
openssl/.*                common/crypto/
sqlite3\.h                common/runtime/store
curl/.*                   common/runtime/xmpp/(http|curl_door)\.
csv\.h                    agents/trainer/
fftw3\.h                  common/privacy/fft\.c
gsl/.*                    common/privacy/audit_bound\.c
pcre2\.h                  common/phi/
uni(ctype|norm|str)\.h            common/phi/phi_fold\.c
(blis|cblas)\.h           agents/trainer/engines/gemm\.c
http_parser\.h            common/runtime/host_probe\.
'

includes() { # file:line:delimiter path
    grep -rnE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include' common agents cli |
        sed -E 's/^([^:]+:[0-9]+):[^"<]*(["<])([^">]*).*/\1 \2 \3/'
}

judge_includes() {
    includes | awk -v layers="$layers" -v doors="$doors" '
        BEGIN {
            nlayers = split(layers, rows, "\n")
            for (i = 1; i <= nlayers; i++) { split(rows[i], c, " +"); from[i] = c[1]; to[i] = c[2] }
            ndoors = split(doors, rows, "\n")
            for (i = 1; i <= ndoors; i++) { split(rows[i], c, " +"); header[i] = c[1]; keeper[i] = c[2] }
        }
        function say(text) { print $1 ": " text; bad = 1 }
        $2 == "\"" {
            for (i = 1; i <= nlayers && (from[i] == "" || $1 !~ "^" from[i]); i++);
            allowed = to[i]
            split($1, part, "/")
            gsub(/SELF/, part[2], allowed)
            if ($3 !~ "^(" allowed ")") say("\"" $3 "\" is out of bounds here; allowed: " allowed)
        }
        $2 == "<" {
            for (i = 1; i <= ndoors; i++)
                if (header[i] != "" && $3 ~ "^" header[i] "$" && $1 !~ "^(" keeper[i] ")")
                    say("<" $3 "> has one door: " keeper[i])
        }
        END { exit bad }'
}

judge_main() {
    ! grep -rnE --include='*.c' '^(static )?int main\(' common agents | grep -v '^common/runtime/main\.c:' |
        sed -E 's/^([^:]+:[0-9]+):.*/\1: the only main() of agents is in common\/runtime\/main.c/' | grep .
}

# Objects in writable sections of our archives; .data.rel.ro holds constants that point somewhere and is fine.
judge_state() {
    [ -n "$build" ] || return 0
    find "$build" -path '*.dir/common/*' -name '*.o' -o -path '*.dir/agents/*' -name '*.o' | sort | while read -r object; do
        objdump -t "$object" | awk -v object="${object##*.dir/}" '
            $0 ~ / O / && $0 ~ /[ \t]([.](data|bss|tdata|tbss)([.][^ \t]*)?|[*]COM[*])[ \t]/ && $0 !~ /[.]data[.]rel[.]ro/ {
                sub(/[.]o$/, "", object)
                print object ": mutable state at file scope: " $NF
            }'
    done | { ! grep .; }
}

code=0
judge_includes || code=1
judge_main || code=1
judge_state || code=1
exit $code
