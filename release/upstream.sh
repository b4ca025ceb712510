#!/bin/bash
# SPDX-License-Identifier: MIT
# upstream.sh MICROPY_DIR BOARD COMMAND...
# Downloads the sources that a MicroPython board needs into the checkout MICROPY_DIR: the submodules and, for an ESP32,
# the version of ESP-IDF that boards.toml names. Then runs the command. This is a bash script because ESP-IDF's scripts
# need bash.
set -eu

checkout=$1
board=$2
shift 2
idf=$checkout/esp-idf

refuse() {
    echo "$1" >&2
    exit 1
}

[ -d "$checkout/ports" ] || refuse "MICROPY_DIR=$checkout is not a checkout of MicroPython"
boards=("$checkout"/ports/*/boards/"$board")
[ -d "${boards[0]}" ] || refuse "BOARD=$board: no such board in $checkout"
port=${boards[0]%/boards/*}

if [ "${port##*/}" = esp32 ]; then
    if [ ! -d "$idf" ]; then
        tag=$(sed -n 's/^esp_idf = "\(.*\)".*/\1/p' release/boards.toml)
        git clone --quiet --depth 1 --branch "$tag" --recursive --shallow-submodules https://github.com/espressif/esp-idf "$idf"
        "$idf/install.sh" esp32,esp32c3,esp32s3
    fi
    set +u # the script reads variables that are not set
    # shellcheck source=/dev/null
    source "$idf/export.sh"
    set -u
fi
make -C "$port" BOARD="$board" submodules
exec "$@"
