#!/bin/bash
# Every header compiles alone: what it uses, it includes.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
libraries=$(pkg-config --cflags libuv libstrophe libcjson libcrypto sqlite3 yaml-0.1 libcurl criterion)
# shellcheck disable=SC2086 # one word a flag
find common agents cli tests -name '*.h' 2>/dev/null | sort |
    xargs -r -P 2 -I '{}' gcc -std=c17 -fsyntax-only -xc -I. -D_DEFAULT_SOURCE -D_POSIX_C_SOURCE=200809L $libraries \
        -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wno-missing-field-initializers -Werror -include '{}' /dev/null
