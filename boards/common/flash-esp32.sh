#!/bin/sh
# flash-esp32.sh ESPTOOL FIRMWARE OFFSET [PORT]
# Writes a firmware to an ESP32 on a serial port, PORT or the one that esptool finds.
set -eu

esptool=$1
firmware=$2
offset=$3
port=${4:-}

if [ ! -f "$firmware" ]; then
    echo "$firmware is not there: make firmware first" >&2
    exit 1
fi
if ! "$esptool" --baud 460800 ${port:+--port "$port"} write-flash "$offset" "$firmware"; then
    echo "not flashed. Connect the board by USB (ls /dev/ttyUSB* /dev/ttyACM*), name it by PORT=, and if it" >&2
    echo "does not answer: hold BOOT, press and release RESET, release BOOT, and try again." >&2
    exit 1
fi
