#!/bin/bash
# Installs from Debian 12 what is missing to build, run, test and check.  Needs root or sudo only when something is.
#   tools/install-deps.sh [build|run|test|check|upload ...]     (without words: build run test)
# upload: nginx, for broker.sh's `upload DIR external`; Debian starts a web server of its own with it at the next boot.
set -euo pipefail

build=(gcc libc6-dev make cmake ninja-build pkg-config libstrophe-dev libuv1-dev libyajl-dev libcjson-dev libexpat1-dev
    libhttp-parser-dev libcurl4-openssl-dev libblis-serial-dev libcsv-dev libyaml-dev libsqlite3-dev libssl-dev
    libfftw3-dev libgsl-dev libpcre2-dev libunistring-dev libmimalloc-dev
    libcriterion-dev)
run=(prosody prosody-modules lua-sec lua-unbound openssl curl python3)
upload=(nginx-light libnginx-mod-http-js)
test=("${upload[@]}" faketime python3-slixmpp python3-cryptography prometheus)
check=(clang clang-format clang-tidy cppcheck llvm libclang-rt-14-dev universal-ctags graphviz ejabberd valgrind)

wanted() {
    local group
    for group in "${@:-build run test}"; do
        case $group in
        "build run test") printf '%s\n' "${build[@]}" "${run[@]}" "${test[@]}" ;;
        build) printf '%s\n' "${build[@]}" ;;
        run) printf '%s\n' "${run[@]}" ;;
        test) printf '%s\n' "${test[@]}" ;;
        check) printf '%s\n' "${check[@]}" ;;
        upload) printf '%s\n' "${upload[@]}" ;;
        *) echo "install-deps: no group called $group; there are build, run, test, check and upload" >&2 && return 64 ;;
        esac
    done
}

present() {
    dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null | awk '$2 == "installed" { print $1 }'
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then env DEBIAN_FRONTEND=noninteractive "$@"; else sudo -n env DEBIAN_FRONTEND=noninteractive "$@"; fi
}

# Debian asks this file before it starts a service.  Ours says no, so that installing prosody or prometheus starts
# nothing; one that is already there belongs to somebody else and stays.
policy=/usr/sbin/policy-rc.d
forbid_services() {
    [ -e $policy ] && return 0
    trap 'as_root rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
}

install() {
    if [ "$(id -u)" -ne 0 ] && ! sudo -n true 2>/dev/null; then
        echo "install-deps: missing: $*" >&2
        echo "install-deps: run this as root, or with sudo that asks no password: apt-get install $*" >&2
        return 77
    fi
    echo "install-deps: installing $*"
    forbid_services
    as_root apt-get -qq update
    as_root apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 install "$@" </dev/null >/dev/null
}

if ! command -v dpkg-query >/dev/null; then
    echo "install-deps: this is not a Debian system; install yourself: $(wanted "$@" | tr '\n' ' ')" >&2
    exit 69
fi
all=$(wanted "$@" | sort -u)
# shellcheck disable=SC2086 # one word a package
missing=$(comm -23 <(echo "$all") <(present $all | sort -u))
# shellcheck disable=SC2086
[ -z "$missing" ] || install $missing
