#!/bin/sh
# A private ejabberd for one federation: broker.sh's words and folder, with another broker inside.
#
#   ejabberd.sh init DIR DOMAIN [C2S HTTP HTTPS]   folder, authority, certificate, configuration; free ports unless given
#   ejabberd.sh account DIR JID [agent|person]     an account with a random secret in DIR/secrets/<local>.password
#   ejabberd.sh accounts DIR FILE                  the same for every line "JID [agent|person]" of FILE, at once
#   ejabberd.sh remove DIR JID                     closes the account and its sessions, and forgets its secret
#   ejabberd.sh start DIR                          starts it and waits until it answers
#   ejabberd.sh run DIR                            becomes it, for a supervisor
#   ejabberd.sh wait DIR                           waits until it answers, at most 30 s
#   ejabberd.sh stop DIR | status DIR
#   ejabberd.sh rotate-secret DIR JID              a new secret for an account; its open session stays
#   ejabberd.sh rotate-cert DIR                    a new server certificate of the same authority, loaded at once
#   ejabberd.sh reload DIR                          loads certificate and configuration again
#
# Debian's ejabberdctl runs for root and the user ejabberd only, and shares a name service between all nodes of a
# machine.  This starts Erlang with the same arguments as whoever calls it, on a port of its own (`http` in DIR/ports).
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
umask 077
. "$here/parts.sh"
ejabberdctl=/usr/sbin/ejabberdctl
programs="erl lua5.4 $ejabberdctl"

folder() { # the absolute name of an initialised DIR
    [ -f "$1/ejabberd.yml" ] || fail 66 "$1 is not an ejabberd's folder; first: ejabberd.sh init $1 DOMAIN"
    CDPATH='' cd -- "$1" && pwd
}

write_config() { # DIR DOMAIN
    agents=$(sed 's/.*/"&"/' "$1/agents" | tr '\n' ',')
    sed -e "s|@DIR@|$1|g" -e "s|@DOMAIN@|$2|g" -e "s|@C2S@|$(setting "$1" c2s)|g" \
        -e "s|@HTTPS@|$(setting "$1" https)|g" -e "s|@AGENTS@|[${agents%,}]|" "$here/ejabberd.yml" >"$1/ejabberd.yml"
}

write_certificate() { # DIR DOMAIN
    cat "$1/certs/$2.key" "$1/certs/$2.crt" "$1/certs/ca.crt" >"$1/certs/server.new"
    mv "$1/certs/server.new" "$1/certs/server.pem"
}

broker_init() { # DIR DOMAIN [C2S HTTP HTTPS]
    need openssl lua5.4 erl $ejabberdctl
    prepare "$@" # in parts.sh; sets dir and domain
    mkdir -p "$dir/data/mnesia" "$dir/data/upload"
    [ -f "$dir/run/.erlang.cookie" ] || openssl rand -hex 32 >"$dir/run/.erlang.cookie"
    chmod 400 "$dir/run/.erlang.cookie"
    write_certificate "$dir" "$domain"
    write_config "$dir" "$domain"
}

node() { echo "himas-$(setting "$1" http)@localhost"; } # DIR

# Erlang of this folder: its cookie, its libraries, no name service.  NAME is the node's.
be_erlang() { # DIR NAME ARGUMENT...
    dir=$1
    name=$2
    shift 2
    cd "$dir/run"
    export HOME="$dir/run" ERL_CRASH_DUMP_BYTES=0 ERL_DIST_PORT="$(setting "$dir" http)"
    ERL_LIBS=$(sed -n "s/^ERL_LIBS='\(.*\)'$/\1/p" $ejabberdctl)
    export ERL_LIBS EJABBERD_CONFIG_PATH="$dir/ejabberd.yml" EJABBERD_LOG_PATH="$dir/run/ejabberd.log" \
        EJABBERD_PID_PATH="$dir/run/ejabberd.pid"
    exec erl -sname "$name" -start_epmd false -erl_epmd_port "$ERL_DIST_PORT" -noinput \
        -kernel inet_dist_use_interface '{127,0,0,1}' "$@"
}

become() { # DIR
    write_certificate "$1" "$(setting "$1" domain)"
    be_erlang "$1" "$(node "$1")" +K true -mnesia dir "\"$1/data/mnesia\"" -s ejabberd
}

# Evaluates ERLANG in a node beside the broker's, with the words behind it as init:get_plain_arguments().
beside() { # DIR ERLANG WORD...
    (
        dir=$1
        code=$2
        shift 2
        be_erlang "$dir" "ask-$$@localhost" -hidden -dist_listen false -eval "$code" -extra "$(node "$dir")" "$@"
    ) >"$1/run/beside.log" 2>&1
}

# Loads configuration and certificate again.  ejabberd's certificate store reads a file again only when its time is a
# later whole second than before, so a second change at once, or one after the clock was set back, would be overlooked:
# it is told to forget the file first.
load_again() { # DIR
    beside "$1" '
        [Node, File] = init:get_plain_arguments(),
        At = list_to_atom(Node),
        try ok = rpc:call(At, pkix, del_file, [list_to_binary(File)]), ok = rpc:call(At, ejabberd_config, reload, []), halt(0)
        catch C:E -> io:format("~p: ~p~n", [C, E]), halt(1) end.' \
        "$1/certs/server.pem" || fail 70 "ejabberd was told to load again but refused: $(tail -n 1 "$1/run/beside.log")"
}

make_accounts() { # DIR LIST
    beside "$1" '
        [Node, Host, Folder, List] = init:get_plain_arguments(),
        At = list_to_atom(Node), On = list_to_binary(Host),
        Ready = fun Again(Tries) when Tries > 0 ->
            All = rpc:call(At, application, which_applications, []),
            case is_list(All) andalso lists:keymember(ejabberd, 1, All) of
                true -> ok;
                false -> timer:sleep(100), Again(Tries - 1)
            end
        end,
        Ensure = fun(<<"-", Name/binary>>) ->
            ok = rpc:call(At, ejabberd_auth, remove_user, [Name, On]),
            rpc:call(At, ejabberd_sm, kick_user, [Name, On]);
        (Name) ->
            {ok, Text} = file:read_file(filename:join(Folder, binary_to_list(Name) ++ ".password")),
            Call = [Name, On, string:trim(Text)],
            case rpc:call(At, ejabberd_auth, try_register, Call) of
                ok -> ok;
                {error, exists} -> ok = rpc:call(At, ejabberd_auth, set_password, Call)
            end
        end,
        {ok, Names} = file:read_file(List),
        try Ready(300), lists:foreach(Ensure, binary:split(Names, <<"\n">>, [global, trim_all])), halt(0)
        catch C:E -> io:format("~p: ~p~n", [C, E]), halt(1) end.' \
        "$(setting "$1" domain)" "$1/secrets" "$2" || fail 70 "accounts were not changed: $(tail -n 1 "$1/run/beside.log")"
}

# Accounts live in the broker's database, which only the broker can open: while it does not run they wait for it.
broker_accounts() { # DIR FILE
    dir=$(folder "$1")
    domain=$(setting "$dir" domain)
    while read -r jid kind _; do
        case $jid in '' | '#'*) continue ;; esac
        add_line "$dir" "$domain" "$dir/run/pending" "$jid" "$kind"
    done <"$2"
    write_config "$dir" "$domain"
    [ -z "$(running "$dir")" ] || { take_pending "$dir" && load_again "$dir"; }
}

take_pending() { # DIR
    [ -s "$1/run/pending" ] || return 0
    make_accounts "$1" "$1/run/pending"
    rm -f "$1/run/pending"
}

broker_remove() { # DIR JID
    dir=$(folder "$1")
    check_account "$(setting "$dir" domain)" "$2"
    forget_account "$dir" "$2"
    echo "-${2%@*}" >>"$dir/run/pending"
    write_config "$dir" "$(setting "$dir" domain)"
    [ -z "$(running "$dir")" ] || { take_pending "$dir" && load_again "$dir"; }
}

# The pid of this folder's ejabberd, or nothing.
running() { # DIR
    pid=$(cat "$1/run/started" 2>/dev/null) || return 0
    [ -n "$pid" ] && tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$1/data/mnesia" || return 0
    echo "$pid"
}

broker_wait() { # DIR
    dir=$(folder "$1")
    tries=0
    until answers "$dir"; do
        tries=$((tries + 1))
        started=$(cat "$dir/run/started" 2>/dev/null || echo 0)
        if [ "$tries" -ge 300 ] || ! kill -0 "$started" 2>/dev/null; then
            tail -n 5 "$dir/run/ejabberd.log" "$dir/run/console.log" >&2 || true
            fail 69 "ejabberd does not answer on port $(setting "$dir" c2s); its log is $dir/run/ejabberd.log"
        fi
        sleep 0.1
    done
    take_pending "$dir"
}

clear_run() { rm -f "$1/run/started"; } # DIR

broker_reload() { # DIR
    dir=$(folder "$1")
    write_certificate "$dir" "$(setting "$dir" domain)"
    write_config "$dir" "$(setting "$dir" domain)"
    [ -z "$(running "$dir")" ] || load_again "$dir"
}

broker_upload() { fail 64 "ejabberd keeps files itself, on threads of their own"; } # DIR external|broker

broker_command "$@"
