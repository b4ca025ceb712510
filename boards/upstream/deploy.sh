#!/bin/sh
# SPDX-License-Identifier: MIT
# deploy.sh MPREMOTE PORT FILE OVERWRITE
# Copies FILE to a board as boot.py. Without FILE, copies an example. For a board with Wi-Fi, this example connects to
# the network that the environment variable SSID names, with the password in the environment variable KEY. An existing
# boot.py is replaced only if OVERWRITE is 1.
set -eu

mpremote=$1
port=${2:-auto}
file=$3
overwrite=$4

refuse() {
    echo "$1" >&2
    exit 1
}

# has NAME: does the board have NAME, the file boot.py or a class of `network`?
has() {
    case $found in *"'$1'"*) ;; *) return 1 ;; esac
}

# The example for Wi-Fi. Network and password are written as Python literals, whatever characters they contain.
wifi_example() {
    python3 -c 'import os, sys
example = sys.stdin.read()
assert "(\"network\", \"password\")" in example
print(example.replace("(\"network\", \"password\")", ascii((os.environ["SSID"], os.environ["KEY"]))), end="")
' <examples/boot_wlan.py
}

look="import os, network; print([n for n in os.listdir() + dir(network) if n in ('boot.py', 'WLAN', 'WIZNET5K', 'LAN')])"
if ! found=$("$mpremote" connect "$port" exec "$look"); then
    echo "no board at PORT=$port: connect a board that runs MicroPython by USB, and set PORT to its serial port" >&2
    refuse "(ls /dev/ttyACM* /dev/ttyUSB*)"
fi
if has boot.py && [ "$overwrite" != 1 ]; then
    refuse "the board has a boot.py (see it: mpremote cat :boot.py); OVERWRITE=1 replaces it"
fi
if [ -z "$file" ] && has WLAN; then
    if [ -z "${SSID:-}" ] || [ -z "${KEY+given}" ]; then
        refuse "which Wi-Fi? SSID=\"its name\" KEY=\"its password\" (KEY= if it has none), or BOOT_PY=my_boot.py"
    fi
    file=$(mktemp)
    trap 'rm "$file"' EXIT
    wifi_example >"$file"
elif [ -z "$file" ] && has WIZNET5K; then
    file=examples/boot_wiznet5k.py
elif [ -z "$file" ] && has LAN; then
    file=examples/boot.py
elif [ -z "$file" ]; then
    refuse "no example fits the board's interfaces; copy your own file with BOOT_PY=my_boot.py"
fi
"$mpremote" connect "$port" fs cp "$file" :boot.py
