#!/bin/sh
# deploy.sh MPREMOTE PORT FILE OVERWRITE
# Copies FILE to a board as boot.py; one that is there is only replaced if OVERWRITE is 1.
set -eu

mpremote=$1
port=${2:-auto}
file=$3
overwrite=$4

if ! there=$("$mpremote" connect "$port" exec "import os; print('boot.py' in os.listdir())"); then
    echo "no board at PORT=$port: connect one with MicroPython on it by USB, and name its port" >&2
    echo "(ls /dev/ttyACM* /dev/ttyUSB*)" >&2
    exit 1
fi
case $there in
    *True*)
        if [ "$overwrite" != 1 ]; then
            echo "the board has a boot.py (see it: mpremote cat :boot.py); OVERWRITE=1 replaces it" >&2
            exit 1
        fi
        ;;
esac
"$mpremote" connect "$port" fs cp "$file" :boot.py
