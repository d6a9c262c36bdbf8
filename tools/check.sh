#!/bin/bash
# Every check that is not `make test`, one line each, all of them even after a failure.  Logs stay in build/check/.
#   tools/check.sh [regular expression of check names]       FUZZ_SECONDS=12
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
only=${1:-.}
logs=build/check
failed=()
passed=0
mkdir -p $logs

check() { # name, command ...
    local name=$1 log=$logs/$1.log started=$SECONDS
    [[ $name =~ $only ]] || return 0
    shift
    if ("$@") >"$log" 2>&1 </dev/null; then
        passed=$((passed + 1))
        printf 'ok    %-12s %4d s  %s\n' "$name" $((SECONDS - started)) "$(tail -n 1 "$log" | cut -c 1-100)"
    else
        failed+=("$name")
        printf 'FAIL  %-12s %4d s  %s\n' "$name" $((SECONDS - started)) "$log"
        tail -n 60 "$log" | sed 's/^/      | /'
    fi
}

format() { git ls-files -z '*.c' '*.h' | xargs -0 -r clang-format --dry-run -Werror; }
scripts() {
    local script
    for script in tools/*.sh tests/e2e/*.sh .ci/run; do
        [ ! -e "$script" ] || bash -n "$script" || return 1
    done
}
# On a copy without __VA_OPT__, which cppcheck 2.10 does not read.
cppcheck_all() {
    local copy=build/cppcheck/copy
    rm -rf $copy
    mkdir -p $copy build/cppcheck/known
    cp -r common agents cli $copy
    find $copy -name '*.h' -exec sed -i 's/__VA_ARGS__ __VA_OPT__(, ){ 0 }/__VA_ARGS__/' {} +
    cd $copy || return 1
    cppcheck --enable=warning,performance,portability --inline-suppr --error-exitcode=1 --quiet -j 2 --std=c11 -I. \
        -D_DEFAULT_SOURCE -D_POSIX_C_SOURCE=200809L --cppcheck-build-dir=../known \
        --suppressions-list=../../../tools/cppcheck.txt common agents cli
}
# The sanitized runs try fewer schedules: they look for wrong memory and races, `make test` for wrong protocol.  The slow
# link's hundreds of megabytes are too much for them; unit-runtime sends large attachments too.
sims='sim-(delivery|federation|operator|starts)'
asan() {
    SIM_SCHEDULES=${SIM_SCHEDULES:-200} ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1 \
        UBSAN_OPTIONS=print_stacktrace=1 tools/test.sh build/asan "unit|corpus|$sims"
}
tsan() {
    SIM_SCHEDULES=${SIM_SCHEDULES:-100} \
        TSAN_OPTIONS=halt_on_error=1 tools/unrandomized.sh tools/test.sh build/tsan "unit|$sims"
}

# The same cases on another broker, where it is there; what is left out of them is said.
ejabberd() {
    [ -x /usr/sbin/ejabberdctl ] || { echo "skipped: ejabberd is not installed" && return 0; }
    tests/e2e/run.sh --broker ejabberd build/release || return 1
    echo "$(grep -c '^ok' $logs/ejabberd.log) passed on ejabberd, left out: $(sed -n 's/^# \(.*\): left out .*/\1/p' $logs/ejabberd.log)"
}

check tools tools/install-deps.sh build run test check
check format format
check scripts scripts
check sizes tools/sizes.sh
check untested tools/untested.sh
check headers tools/headers.sh
check cppcheck cppcheck_all
check gcc tools/build.sh release
check ejabberd ejabberd
check layers tools/layers.sh build/release
check generated tools/generated.sh build/release
check clang tools/build.sh clang
check tidy tools/tidy.sh build/clang
check asan-build tools/build.sh asan
check asan asan
check tsan-build tools/build.sh tsan:threaded
check tsan tsan
check fuzz-build tools/build.sh fuzz:fuzzers
check fuzz tools/fuzz.sh

echo "$passed checks passed, ${#failed[@]} failed${failed[0]:+: ${failed[*]}} ($SECONDS s)"
[ ${#failed[@]} -eq 0 ] && [ $passed -gt 0 ]
