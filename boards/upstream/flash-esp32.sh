#!/bin/sh
# SPDX-License-Identifier: MIT
# flash-esp32.sh ESPTOOL BUILD [PORT]
# Writes the firmware in BUILD to an ESP32 on the serial port PORT, or on the port that esptool finds.
set -eu

esptool=$1
build=$2
port=${3:-}

# The image starts with the bootloader, whose offset depends on the chip.
offset=$(sed -n 's/^CONFIG_BOOTLOADER_OFFSET_IN_FLASH=//p' "$build/sdkconfig")
if ! "$esptool" --baud 460800 ${port:+--port "$port"} write-flash "${offset:-0x1000}" "$build/firmware.bin"; then
    echo "not flashed. Connect the board by USB (ls /dev/ttyUSB* /dev/ttyACM*), and set PORT to its serial port." >&2
    echo "If it does not respond, hold BOOT, press and release RESET, release BOOT, and try again." >&2
    exit 1
fi
