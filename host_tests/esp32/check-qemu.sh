#!/bin/sh
# SPDX-License-Identifier: MIT
# check-qemu.sh BOARD CHIP QEMU
# Checks that the program QEMU exists, starts, and emulates the chip. If not, the script fails and prints in one line
# what to install.
set -eu

board=$1
chip=$2
qemu=$3
case $chip in
    esp32c3) package="qemu-riscv32" ;;
    *) package="qemu-xtensa" ;;
esac
libraries="libgcrypt20 libglib2.0-0 libpixman-1-0 libsdl2-2.0-0 libslirp0"
get="install Espressif's QEMU with: python \$IDF_PATH/tools/idf_tools.py install $package && . \$IDF_PATH/export.sh"

refuse() {
    echo "BOARD=$board: $1" >&2
    exit 1
}

command -v "$qemu" >/dev/null || refuse "no $qemu; $get"
machines=$("$qemu" -machine help 2>&1) || refuse "$qemu cannot start: $(echo "$machines" | head -n 1);\
 Espressif's QEMU needs the Debian packages $libraries"
echo "$machines" | grep -q "^$chip " || refuse "$qemu does not emulate the $chip; $get"
