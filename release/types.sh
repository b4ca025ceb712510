#!/bin/sh
# SPDX-License-Identifier: MIT
# types.sh BIN STUBS
# The stubs of autoip against its code, and the examples against them and MicroPython's own, which lie in
# STUBS/PORT. An example is checked for the ports that have its kind of interface: network.LAN() without
# arguments is none of ESP32's, and the published stubs of stm32 are those of a board without Wi-Fi.
set -eu

bin=$1
stubs=$2

PYTHONPATH=lib:host_tests/engine/shim MYPYPATH=lib "$bin/stubtest" --mypy-config-file pyproject.toml autoip

check() {
    port=$1
    shift
    echo "mypy, $port: $*"
    MYPYPATH="$stubs/$port:lib" "$bin/mypy" --custom-typeshed-dir "$stubs/$port" \
        --cache-dir "$stubs/cache-$port" "$@" lib/autoip/*.pyi
}

# shellcheck disable=SC2046 # file names without spaces
{
    check rp2 examples/*.py
    check esp32 $(grep -L 'network\.LAN()' examples/*.py)
    check stm32 $(grep -L 'network\.WLAN' examples/*.py)
}
