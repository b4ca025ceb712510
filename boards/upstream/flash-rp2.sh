#!/bin/sh
# SPDX-License-Identifier: MIT
# flash-rp2.sh MPREMOTE FIRMWARE [PORT]
# Writes firmware to a Pico in BOOTSEL mode, with picotool if it is installed. Otherwise copies the firmware to the
# Pico's USB drive. With PORT, first asks the MicroPython on the board to enter BOOTSEL mode.
set -eu

mpremote=$1
firmware=$2
port=${3:-}

if [ -n "$port" ]; then
    "$mpremote" connect "$port" bootloader || true
fi

by_picotool() {
    command -v picotool >/dev/null && picotool load --execute "$firmware"
}

by_mass_storage() {
    folder=$(lsblk --raw --noheadings --output LABEL,MOUNTPOINT | sed -n 's/^\(RPI-RP2\|RP2350\) //p' | head -n 1)
    [ -n "$folder" ] && dd if="$firmware" of="$folder/firmware.uf2" bs=64k conv=fsync status=progress
}

for _ in 1 2 3 4 5; do
    if by_picotool || by_mass_storage; then
        exit 0
    fi
    [ -n "$port" ] || break
    sleep 1
done
echo "no Pico in BOOTSEL mode: hold BOOTSEL while you plug the board in. If the board runs MicroPython, you can set" >&2
echo "PORT=/dev/ttyACM0 instead. If picotool is not installed, mount the board's drive, RPI-RP2 or RP2350." >&2
exit 1
