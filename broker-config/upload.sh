# The external upload service of a broker's folder, for broker.sh; read, not run.
# shellcheck shell=sh
#
# DIR/ports has upload=<port of nginx> when the folder has one.  Its files are DIR/data/upload, where Prosody's
# mod_himas_upload_keep removes what is old; what it shares with Prosody is DIR/secrets/upload.key.

upload_write() { # DIR DOMAIN HERE
    port=$(setting "$1" upload)
    [ -n "$port" ] || return 0
    mkdir -p "$1/data/upload" "$1/data/upload-part"
    [ -s "$1/secrets/upload.key" ] || openssl rand -hex 32 >"$1/secrets/upload.key"
    user=
    [ "$(id -u)" -ne 0 ] || user="user root;" # DIR is private to its owner
    sed -e "s|@DIR@|$1|g" -e "s|@DOMAIN@|$2|g" -e "s|@PORT@|$port|g" -e "s|@HERE@|$3|g" -e "s|@USER@|$user|g" \
        "$3/upload.conf" >"$1/upload.conf"
    nginx -t -q -e "$1/run/upload.log" -c "$1/upload.conf" 2>"$1/run/upload-test.log" ||
        fail 70 "nginx refuses its configuration: $(grep -m 1 -F '[emerg]' "$1/run/upload-test.log")"
}

# To be called by the process that becomes Prosody: nginx ends with it, however that ends.
upload_beside() { # DIR
    [ -n "$(setting "$1" upload)" ] || return 0
    rm -f "$1/run/upload.pid"
    setpriv --pdeathsig TERM nginx -e "$1/run/upload.log" -c "$1/upload.conf" &
}

upload_ready() { # DIR
    [ -z "$(setting "$1" upload)" ] || [ -s "$1/run/upload.pid" ]
}

upload_reload() { # DIR
    [ ! -s "$1/run/upload.pid" ] || kill -HUP "$(cat "$1/run/upload.pid")"
}

upload_choose() { # DIR external|broker
    case $2 in
    external)
        need nginx setpriv
        case $1 in *\$*) fail 64 "nginx takes no folder whose name has a \$: $1" ;; esac
        [ -f /usr/lib/nginx/modules/ngx_http_js_module.so ] || fail 69 "nginx has no JavaScript: install libnginx-mod-http-js"
        [ -n "$(setting "$1" upload)" ] || echo "upload=$(free_ports 1 | tr -d ' ')" >>"$1/ports"
        ;;
    broker) sed -i '/^upload=/d' "$1/ports" ;;
    *) fail 64 "files are kept by 'broker' or by an 'external' service, not by '$2'" ;;
    esac
}
