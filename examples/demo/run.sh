#!/bin/bash
# The demo: a private broker, a coordinator and three hospitals on this machine, ten rounds, and what they were worth.
#   examples/demo/run.sh [build folder]
# Its folder is HIMAS_DATA, or ./himas-data; it may be run again, and leaves nothing running.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=$(realpath "${1:-build/release}")/bin
himas=$bin/himas
short=${himas#"$PWD/"}
export HIMAS_DATA=${HIMAS_DATA:-$PWD/himas-data}
title() { printf '\n== %s\n' "$*"; }
stop() { "$himas" down >/dev/null 2>&1 || true; }
trap stop EXIT

title "himas up: a broker, a coordinator, three hospitals, each with its own third of 569 patients"
"$himas" up --config examples/demo/federation.yaml

title "himas start breast-cancer --watch: they learn together; no record leaves its hospital"
"$himas" start breast-cancer --watch

title "himas compare: was it worth it?"
"$himas" compare

title "himas runs list"
"$himas" runs list | tail -n 3
cat <<END

That was all of it.  The folder $HIMAS_DATA stays; \`make demo\` again makes the next version of the model.

To look further:
  $short up                          start it again; it prints the account for any XMPP client
  $short ask coordinator help        what it can be asked, also in a chat: "how is it going"
  $short ask hospital-a policy       what a hospital allows, in words
  $short simulate --sites 50 --drop 0.05 --kill 0.001    fifty hospitals on a bad day
  $short down                        stop

END
title "himas down"
"$himas" down
