#!/bin/sh
# SPDX-License-Identifier: MIT
# check-qemu.sh BOARD CHIP QEMU
# Ends with one line that says what to get, if the program QEMU is not there or does not emulate the chip.
set -eu

board=$1
chip=$2
qemu=$3
case $chip in
    esp32c3) package="qemu-riscv32" ;;
    *) package="qemu-xtensa" ;;
esac
get="get Espressif's by: python \$IDF_PATH/tools/idf_tools.py install $package && . \$IDF_PATH/export.sh"

if ! command -v "$qemu" >/dev/null; then
    echo "BOARD=$board: no $qemu; $get" >&2
    exit 1
fi
if ! "$qemu" -machine help | grep -q "^$chip "; then
    echo "BOARD=$board: $qemu does not emulate the $chip; $get" >&2
    exit 1
fi
