#!/bin/sh
# A private Prosody for one federation: its own folder, ports, authority and accounts.
#
#   broker.sh init DIR DOMAIN [C2S HTTP HTTPS]   folder, authority, certificate, configuration; free ports unless given
#   broker.sh account DIR JID [agent|person]     an account with a random secret in DIR/secrets/<local>.password
#   broker.sh accounts DIR FILE                  the same for every line "JID [agent|person]" of FILE, at once
#   broker.sh remove DIR JID                     closes the account and its sessions, and forgets its secret
#   broker.sh start DIR                          starts it and waits until it answers
#   broker.sh run DIR                            becomes it, for a supervisor
#   broker.sh wait DIR                           waits until it answers, at most 20 s
#   broker.sh stop DIR | status DIR
#   broker.sh rotate-secret DIR JID              a new secret for an account; its open session stays
#   broker.sh rotate-cert DIR                    a new server certificate of the same authority, loaded at once
#   broker.sh reload DIR                         loads certificate and configuration again
#   broker.sh upload DIR external|broker         who keeps files from the next start on: nginx beside it, or Prosody
#
# All of it may be said again: what is there already is kept.  BROKER_CERT_DAYS is how long a new certificate is valid.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
umask 077
. "$here/parts.sh"
. "$here/upload.sh"
programs="prosody lua5.4"

folder() { # the absolute name of an initialised DIR
    [ -f "$1/prosody.cfg.lua" ] || fail 66 "$1 is not a broker's folder; first: broker.sh init $1 DOMAIN"
    CDPATH='' cd -- "$1" && pwd
}

write_config() { # DIR DOMAIN
    root=false
    [ "$(id -u)" -ne 0 ] || root=true
    sed -e "s|@DIR@|$1|g" -e "s|@DOMAIN@|$2|g" -e "s|@MODULES@|$here/modules|g" -e "s|@ROOT@|$root|g" \
        -e "s|@C2S@|$(setting "$1" c2s)|g" -e "s|@HTTP@|$(setting "$1" http)|g" \
        -e "s|@HTTPS@|$(setting "$1" https)|g" -e "s|@UPLOAD@|$(setting "$1" upload)|g" "$here/prosody.cfg.lua" >"$1/prosody.cfg.lua"
    upload_write "$1" "$2" "$here"
}

broker_init() { # DIR DOMAIN [C2S HTTP HTTPS]
    need openssl lua5.4 prosody prosodyctl
    prepare "$@" # in parts.sh; sets dir and domain
    write_config "$dir" "$domain"
}

change_accounts() { # DIR DOMAIN LIST
    prosodyctl --config "$1/prosody.cfg.lua" mod_himas_accounts "$2" "$1/secrets" "$3" >"$3.log" 2>&1 ||
        fail 70 "accounts were not changed: $(tail -n 1 "$3.log")"
    rm -f "$3" "$3.log"
}

broker_accounts() { # DIR FILE
    dir=$(folder "$1")
    domain=$(setting "$dir" domain)
    list=$dir/run/accounts.$$
    : >"$list"
    while read -r jid kind _; do
        case $jid in '' | '#'*) continue ;; esac
        add_line "$dir" "$domain" "$list" "$jid" "$kind"
    done <"$2"
    change_accounts "$dir" "$domain" "$list"
    # A running broker learns of new agents; a session that is open already keeps its limit.
    [ -z "$(running "$dir")" ] || { tell "$dir" 'config:reload()' && tell "$dir" "module:reload('limits', '$domain')"; }
}

# A running broker is told, so that open sessions end at once.
broker_remove() { # DIR JID
    dir=$(folder "$1")
    domain=$(setting "$dir" domain)
    check_account "$domain" "$2"
    name=${2%@*}
    if [ -n "$(running "$dir")" ]; then
        tell "$dir" ">local um = require 'core.usermanager'
            return not um.user_exists('$name', '$domain') or um.delete_user('$name', '$domain')"
    else
        list=$dir/run/accounts.$$
        echo "-$name" >"$list"
        change_accounts "$dir" "$domain" "$list"
    fi
    forget_account "$dir" "$2"
}

# The pid of this folder's Prosody, or nothing.  A pid file outlives a killed process, so the process is looked at too.
running() { # DIR
    pid=$(cat "$1/run/prosody.pid" 2>/dev/null) || return 0
    [ -n "$pid" ] && tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$1/prosody.cfg.lua" || return 0
    echo "$pid"
}

say_log() { # DIR
    grep -E 'error|warn' "$1/run/prosody.log" 2>/dev/null | tail -n 5 >&2
    tail -n 5 "$1/run/console.log" >&2 2>/dev/null || true
}

broker_wait() { # DIR
    dir=$(folder "$1")
    tries=0
    until answers "$dir" && [ -n "$(running "$dir")" ] && upload_ready "$dir"; do
        tries=$((tries + 1))
        started=$(cat "$dir/run/started" 2>/dev/null || echo 0)
        if [ "$tries" -ge 200 ] || ! kill -0 "$started" 2>/dev/null; then
            say_log "$dir"
            fail 69 "Prosody does not answer on port $(setting "$dir" c2s); its log is $dir/run/prosody.log"
        fi
        sleep 0.1
    done
}

clear_run() { rm -f "$1/run/prosody.pid" "$1/run/prosody.sock" "$1/run/started"; } # DIR

become() { # DIR
    upload_beside "$1"
    exec prosody --config "$1/prosody.cfg.lua" -F
}

reload() { kill -HUP "$(running "$1")"; } # configuration, and the certificate of c2s

# What a reload leaves out.  LUA ends with "return true" or fails.
tell() { # DIR LUA
    prosodyctl --config "$1/prosody.cfg.lua" shell "$2" >"$1/run/shell.log" 2>&1 ||
        fail 70 "Prosody was told but refused: $(tail -n 1 "$1/run/shell.log")"
}

# Prosody 0.12 keeps the certificate of an https port until the port is opened again.
reopen_https() { # DIR
    tell "$1" '>local ports = require "core.portmanager"; ports.deactivate("https"); return ports.activate("https")'
}

broker_reload() { # DIR
    dir=$(folder "$1")
    [ -z "$(running "$dir")" ] || { reload "$dir" && reopen_https "$dir" && upload_reload "$dir"; }
}

broker_upload() { # DIR external|broker
    dir=$(folder "$1")
    cp "$dir/ports" "$dir/ports.before"
    upload_choose "$dir" "$2"
    # What nginx refuses is not chosen, or the broker would not start any more.
    (write_config "$dir" "$(setting "$dir" domain)") || {
        code=$?
        mv "$dir/ports.before" "$dir/ports"
        write_config "$dir" "$(setting "$dir" domain)"
        exit "$code"
    }
    rm -f "$dir/ports.before"
}

broker_command "$@"
