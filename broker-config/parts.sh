# What the scripts of this folder share; read by them, not run.  shellcheck shell=sh
#
# A broker's folder DIR has: ports (lines name=value), certs/ (the authority and the server's certificate), secrets/
# (<account>.password), agents (one JID a line), run/ (logs, pid), data/ (the broker's own).

fail() {
    code=$1
    shift
    echo "broker: $*" >&2
    exit "$code"
}

need() {
    for tool in "$@"; do
        command -v "$tool" >/dev/null 2>&1 || fail 69 "$tool is not installed; see tools/install-deps.sh"
    done
}

setting() { sed -n "s/^$2=//p" "$1/ports"; } # DIR NAME

# Below those that the kernel gives to outgoing connections: one of them might have it before the broker does.
free_ports() { # how many
    COUNT=$1 lua5.4 -e 'local socket, held, count = require "socket", {}, tonumber(os.getenv("COUNT"))
        for _ = 1, 1000 do
            local port = math.random(15000, 32000)
            held[#held + 1] = #held < count and socket.bind("127.0.0.1", port) or nil
        end
        assert(#held == count, "there is no free TCP port")
        for _, s in ipairs(held) do io.write(select(2, s:getsockname()), " ") end'
}

make_authority() { # DIR
    [ -f "$1/certs/ca.crt" ] && return 0
    openssl ecparam -name prime256v1 -genkey -noout -out "$1/certs/ca.key"
    openssl req -x509 -new -key "$1/certs/ca.key" -sha256 -days 3650 -subj "/CN=himas local authority" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -out "$1/certs/ca.crt"
}

make_certificate() { # DIR DOMAIN
    key=$1/certs/$2.key new=$1/certs/new
    openssl ecparam -name prime256v1 -genkey -noout -out "$new.key"
    openssl req -new -key "$new.key" -subj "/CN=$2" -out "$new.csr"
    {
        echo "subjectAltName=DNS:$2,DNS:*.$2,DNS:localhost,IP:127.0.0.1"
        echo "extendedKeyUsage=serverAuth"
    } >"$new.ext"
    openssl x509 -req -in "$new.csr" -CA "$1/certs/ca.crt" -CAkey "$1/certs/ca.key" -CAcreateserial -sha256 \
        -days "${BROKER_CERT_DAYS:-825}" -extfile "$new.ext" -out "$new.crt" 2>"$new.log" ||
        fail 70 "openssl made no certificate: $(tail -n 1 "$new.log")"
    mv "$new.key" "$key"
    mv "$new.crt" "$1/certs/$2.crt"
    rm -f "$new.csr" "$new.ext" "$new.log"
}

check_domain() {
    case $1 in
    '' | *[!a-z0-9.-]* | .* | *. | -*) fail 64 "'$1' is not a domain: lower-case letters, digits, dots, hyphens" ;;
    esac
}

make_secret() { # DIR LOCAL
    [ -s "$1/secrets/$2.password" ] || new_secret "$1" "$2"
}

new_secret() { # DIR LOCAL
    openssl rand -hex 32 >"$1/secrets/$2.password.new"
    mv "$1/secrets/$2.password.new" "$1/secrets/$2.password"
}

# Agents are listed for the configuration, which lifts the rate limit for them.
list_agent() { # DIR JID KIND
    case ${3:-agent} in
    agent) grep -qxF "$2" "$1/agents" || echo "$2" >>"$1/agents" ;;
    person) ;;
    *) fail 64 "an account is of an agent or of a person, not of '$3'" ;;
    esac
}

kind_of() { # DIR JID
    if grep -qxF "$2" "$1/agents"; then echo agent; else echo person; fi
}

check_account() { # DOMAIN JID; sets name
    name=${2%@*}
    [ "$2" = "$name@$1" ] || fail 64 "'$2' is not an account of $1: it must end with @$1"
    case $name in '' | -* | *[!a-z0-9._-]*)
        fail 64 "'$2': an account's name has lower-case letters, digits, . _ -, and does not begin with -" ;;
    esac
}

add_line() { # DIR DOMAIN LIST JID [KIND]
    check_account "$2" "$4"
    make_secret "$1" "$name"
    list_agent "$1" "$4" "${5:-agent}"
    echo "$name" >>"$3"
}

forget_account() { # DIR JID
    rm -f "$1/secrets/${2%@*}.password"
    grep -vxF "$2" "$1/agents" >"$1/agents.new" || true
    mv "$1/agents.new" "$1/agents"
}

answers() { # DIR
    PORT=$(setting "$1" c2s) lua5.4 -e 'local s = require "socket".tcp(); s:settimeout(1)
        os.exit(s:connect("127.0.0.1", tonumber(os.getenv("PORT"))) and 0 or 1)'
}

# The folder, its ports, authority and certificate; sets dir and domain.
prepare() { # DIR DOMAIN [C2S HTTP HTTPS]
    check_domain "$2"
    mkdir -p "$1/data" "$1/run" "$1/certs" "$1/secrets"
    dir=$(CDPATH='' cd -- "$1" && pwd)
    case $dir in *[\|\&\"\\]*) fail 64 "the folder's name may not contain | & \" or \\: $dir" ;; esac
    if [ ! -f "$dir/ports" ]; then
        # shellcheck disable=SC2046 # three words
        set -- $([ $# -ge 5 ] && echo "$3 $4 $5" || free_ports 3) "$2"
        printf 'domain=%s\nc2s=%s\nhttp=%s\nhttps=%s\n' "$4" "$1" "$2" "$3" >"$dir/ports"
    fi
    domain=$(setting "$dir" domain)
    touch "$dir/agents"
    make_authority "$dir"
    [ -f "$dir/certs/$domain.crt" ] || make_certificate "$dir" "$domain"
}

# ---- what a broker's script defines: programs, folder, running, become, clear_run (of what a killed one left in run/),
# broker_accounts, broker_wait, broker_reload ----

broker_account() { # DIR JID [KIND]
    dir=$(folder "$1")
    printf '%s %s\n' "$2" "${3:-}" >"$dir/run/account.$$"
    broker_accounts "$dir" "$dir/run/account.$$"
    rm -f "$dir/run/account.$$"
}

broker_rotate_secret() { # DIR JID
    dir=$(folder "$1")
    new_secret "$dir" "${2%@*}"
    broker_account "$dir" "$2" "$(kind_of "$dir" "$2")"
}

need_port() { # DIR
    ! answers "$1" || fail 69 "port $(setting "$1" c2s) is taken by another program; remove $1/ports, then init"
    clear_run "$1"
}

broker_run() { # DIR
    # shellcheck disable=SC2086,SC2154 # words; set by the script
    need $programs
    dir=$(folder "$1")
    [ -z "$(running "$dir")" ] || fail 69 "it is running already, process $(running "$dir")"
    need_port "$dir"
    echo $$ >"$dir/run/started"
    become "$dir"
}

broker_start() { # DIR
    # shellcheck disable=SC2086 # words
    need $programs setsid
    dir=$(folder "$1")
    [ -z "$(running "$dir")" ] || return 0
    need_port "$dir"
    setsid sh "$here/${0##*/}" run "$dir" >"$dir/run/console.log" 2>&1 </dev/null &
    tries=0
    while [ ! -s "$dir/run/started" ] && [ "$tries" -lt 50 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    broker_wait "$dir"
}

broker_stop() { # DIR
    dir=$(folder "$1")
    pid=$(running "$dir")
    [ -n "$pid" ] || return 0
    kill -TERM "$pid"
    tries=0
    while [ -n "$(running "$dir")" ]; do
        tries=$((tries + 1))
        [ "$tries" -ne 100 ] || kill -KILL "$pid"
        sleep 0.1
    done
    clear_run "$dir"
}

broker_status() { # DIR
    dir=$(folder "$1")
    pid=$(running "$dir")
    [ -n "$pid" ] || fail 69 "not running"
    echo "running pid=$pid $(tr '\n' ' ' <"$dir/ports")"
}

broker_rotate_cert() { # DIR
    need openssl
    dir=$(folder "$1")
    make_certificate "$dir" "$(setting "$dir" domain)"
    broker_reload "$dir"
}

usage() {
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p;}' "$0"
    exit "$1"
}

broker_command() { # WORD DIR ...: the script's command line
    command=${1:-help}
    [ $# -eq 0 ] || shift
    case $command:$# in
    init:2 | init:5) broker_init "$@" ;;
    account:2 | account:3) broker_account "$@" ;;
    accounts:2) broker_accounts "$@" ;;
    remove:2) broker_remove "$@" ;;
    start:1) broker_start "$@" ;;
    run:1) broker_run "$@" ;;
    wait:1) broker_wait "$@" ;;
    stop:1) broker_stop "$@" ;;
    status:1) broker_status "$@" ;;
    rotate-secret:2) broker_rotate_secret "$@" ;;
    reload:1) broker_reload "$@" ;;
    rotate-cert:1) broker_rotate_cert "$@" ;;
    upload:2) broker_upload "$@" ;;
    help:* | --help:* | -h:*) usage 0 ;;
    *) usage 64 >&2 ;;
    esac
}
