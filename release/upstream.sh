#!/bin/bash
# SPDX-License-Identifier: MIT
# upstream.sh MICROPY_DIR BOARD COMMAND...
# Runs a command with what a board is built from and with, in the checkout of MicroPython that is named: the submodules
# of the board, and the tools that upstream's own CI takes, by upstream's script for it. It is bash because that script
# is.
set -e # not -u: upstream's script reads variables that are not set

checkout=$1
board=$2
shift 2
project=$PWD

if [ ! -d "$checkout/ports" ]; then
    echo "MICROPY_DIR=$checkout: no checkout of MicroPython" >&2
    exit 1
fi
cd "$checkout"
boards=(ports/*/boards/"$board")
if [ ! -d "${boards[0]}" ]; then
    echo "BOARD=$board: no such board in $checkout" >&2
    exit 1
fi
port=${boards[0]#ports/}
port=${port%%/*}

# shellcheck source=/dev/null
source tools/ci.sh
case $port in
    esp32)
        [ -d esp-idf ] || ci_esp32_idf_setup
        # shellcheck source=/dev/null
        source esp-idf/export.sh
        ;;
    *) command -v arm-none-eabi-gcc >/dev/null || "ci_${port}_setup" ;;
esac
make -C mpy-cross
make -C "ports/$port" BOARD="$board" submodules
cd "$project"
exec "$@"
