#!/bin/sh
# check-micropython.sh PORT BOARD DIR SUBMODULE...
# Ends with one line that says what to get, if DIR is no MicroPython that PORT can be built from.
# SUBMODULE: a folder below lib/ that only a checkout with its submodules has.
set -eu

port=$1
board=$2
dir=$3
shift 3

fail() {
    echo "BOARD=$board: $1" >&2
    exit 1
}

get="get one by: git clone --branch v1.28.0 https://github.com/micropython/micropython"
submodules="make -C $dir/ports/$port BOARD=$board submodules"

[ -n "$dir" ] || fail "set MICROPY_DIR to a checkout of MicroPython, v1.25 to v1.29; $get"
[ -f "$dir/py/mpconfig.h" ] || fail "no MicroPython in MICROPY_DIR=$dir; $get"
minor=$(sed -n 's/^#define MICROPY_VERSION_MINOR \([0-9]*\)$/\1/p' "$dir/py/mpconfig.h")
[ "$minor" -ge 25 ] || fail "MicroPython 1.$minor in MICROPY_DIR is too old, v1.25 to v1.29 fit; $get"
[ -d "$dir/ports/$port/boards/$board" ] || fail "no ports/$port/boards/$board in MICROPY_DIR=$dir; $get"
for submodule in "$@"; do
    [ -d "$dir/lib/$submodule" ] || fail "lib/$submodule is missing in MICROPY_DIR, get it by: $submodules"
done
