#!/bin/sh
# SPDX-License-Identifier: MIT
# zcip.sh FOLDER
# Builds busybox from Debian's sources in FOLDER. Its only program is zcip.
set -eu

folder=$1
rm -rf "$folder"
boards/debian-source.sh busybox 1.37.0 "$folder"
make -C "$folder" allnoconfig
for option in BUSYBOX ZCIP PLATFORM_LINUX; do
    sed -i "s/# CONFIG_$option is not set/CONFIG_$option=y/" "$folder/.config"
done
yes "" | make -C "$folder" oldconfig
make -C "$folder" busybox
