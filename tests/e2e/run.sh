#!/bin/bash
# The end-to-end cases: the real programs of a build on a real broker.  TAP on standard output.
#   tests/e2e/run.sh [--broker prosody|ejabberd] BUILD_DIR [case ...]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export HIMAS_SOURCE_DIR=${HIMAS_SOURCE_DIR:-$(cd "$here/../.." && pwd)}
if [ "${1:-}" = --broker ]; then
    export HIMAS_E2E_BROKER=$2
    shift 2
fi
case ${HIMAS_E2E_BROKER:-prosody} in
prosody) broker=(prosody prosodyctl) ;;
ejabberd) broker=(/usr/sbin/ejabberdctl erl) ;;
*) echo "Bail out! the broker is prosody or ejabberd, not $HIMAS_E2E_BROKER" && exit 64 ;;
esac
build=$(realpath "${1:?usage: run.sh [--broker NAME] BUILD_DIR [case ...]}")
export HIMAS_BIN_DIR=${HIMAS_BIN_DIR:-$build/bin}
shift
python=/usr/bin/python3 # the distribution's, whose packages the cases use

skip() {
    echo "1..1"
    echo "ok 1 - e2e # SKIP $1"
    exit 0
}
for tool in "${broker[@]}" openssl lua5.4 "$python"; do
    command -v "$tool" >/dev/null || skip "$tool is not installed; see tools/install-deps.sh"
done
"$python" -c 'import slixmpp, cryptography' 2>/dev/null ||
    skip "python3-slixmpp and python3-cryptography are not installed; see tools/install-deps.sh"
for program in himas himas-coordinator himas-trainer himas-partition himas-compare e2e-peer; do
    [ -x "$HIMAS_BIN_DIR/$program" ] || { echo "Bail out! $HIMAS_BIN_DIR/$program is not built"; exit 1; }
done
export LSAN_OPTIONS="suppressions=$here/leaks.txt:print_suppressions=0${LSAN_OPTIONS:+:$LSAN_OPTIONS}"
exec "$python" "$here/run.py" "$@"
