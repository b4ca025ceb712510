#!/bin/sh
# SPDX-License-Identifier: MIT
# types.sh BIN STUBS
# Checks autoip's stubs against autoip's code. Checks the examples against autoip's stubs and against MicroPython's
# stubs in STUBS/PORT. An example is checked for the ports that support its interface. The example with network.LAN()
# is not checked for ESP32, where LAN() needs arguments. The published stubs for stm32 are for a board without Wi-Fi, so
# examples with network.WLAN are not checked for stm32. No stubs have WIZNET5K, so examples with it are not checked.
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

# shellcheck disable=SC2046,SC2086 # file names without spaces
{
    examples=$(grep -L 'network\.WIZNET5K' examples/*.py)
    check rp2 $examples
    check esp32 $(grep -L 'network\.LAN()' $examples)
    check stm32 $(grep -L 'network\.WLAN' $examples)
}
