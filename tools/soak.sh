#!/bin/bash
# Runs the simulations over ever new seeds until SOAK_SCHEDULES schedules (1,000,000) have held, both cores at the same program.
# Before, memory is watched over 10,000 rounds of 50 trainers.  What held is remembered in the build folder, so a soak
# that was stopped goes on where it was.
#   tools/soak.sh [build folder]
#   SOAK_SECONDS=600 tools/soak.sh     ends after the batch that passes ten minutes
#   SOAK_ANEW=1 tools/soak.sh          forgets what was done
# It ends at the first schedule that fails, with its seed and the schedule made short.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

build=$(realpath "${1:-build/release}")
state=$build/soak
goal=${SOAK_SCHEDULES:-1000000}
half=4500 # of each program's batch: as many as sim-operator needs to take every row of the state machine
programs=(sim-federation sim-operator sim-delivery)

if [ "${SOAK_ONE:-}" ]; then # "program first-schedule": one half of a batch
    read -r program first <<<"$SOAK_ONE"
    SIM_FIRST=$first SIM_SCHEDULES=$half "$build/bin/$program" >"$state/$program-$first.tap" 2>"$state/$program-$first.log" </dev/null
    exit
fi

[ -z "${SOAK_ANEW:-}" ] || rm -rf "$state"
mkdir -p "$state"
exec 9>"$state/lock"
flock -n 9 || { echo "another soak runs in $state" && exit 1; }

tell_failure() {
    local tap p
    for tap in "$state"/sim-*.tap; do
        p=${tap%.tap}
        grep -qE '^not ok' "$tap" || [ -s "$p.log" ] || continue
        echo "${p##*/}:"
        grep -E '^(not ok|#)' "$tap" | tail -n 60
        tail -n 20 "$p.log"
    done
}

halves() { # first schedule of a batch: both cores have the same to do at the same time
    local p
    for p in "${programs[@]}"; do printf '%s %d\n' "$p" "$1" "$p" $(($1 + half)); done
}

if [ ! -e "$state/flat" ]; then
    SIM_FLAT_ROUNDS=10000 SIM_FLAT_TRAINERS=50 "$build/bin/sim-flat" </dev/null | tee "$state/flat.tap" | grep -v '^1\.\.'
    [ "${PIPESTATUS[0]}" -eq 0 ] || { echo "FAILED: memory grows" && exit 1; }
    touch "$state/flat"
fi

done_batches=$(cat "$state/done" 2>/dev/null || echo 0)
per_batch=$((2 * half * ${#programs[@]}))
while [ $((done_batches * per_batch)) -lt "$goal" ]; do
    if [ "${SOAK_SECONDS:-0}" -gt 0 ] && [ "$SECONDS" -ge "$SOAK_SECONDS" ]; then
        echo "$((done_batches * per_batch)) of $goal schedules held; the time is over, the next soak goes on from here"
        exit 0
    fi
    rm -f "$state"/sim-*
    halves $((done_batches * 2 * half)) | xargs -P 2 -I '{}' env SOAK_ONE='{}' "$0" "$build" ||
        { echo "FAILED after $((done_batches * per_batch)) schedules" && tell_failure && exit 1; }
    done_batches=$((done_batches + 1))
    echo "$done_batches" >"$state/done"
    echo "$((done_batches * per_batch)) of $goal schedules held, $SECONDS s$(
        cat "$state"/sim-operator-*.tap | grep -m 1 -oE '[0-9]+ of [0-9]+ rows taken' | sed 's/^/, /')"
done
echo "$((done_batches * per_batch)) schedules held"
