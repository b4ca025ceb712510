#!/bin/sh
# SPDX-License-Identifier: MIT
# mosquitto.sh SUDO DIRECTORY
# Installs the libraries of the MQTT broker mosquitto, and unpacks the broker itself into the directory. Debian's package
# would start the broker.
set -eu

libraries() {
    apt-cache depends --no-recommends --no-suggests mosquitto | sed -n 's/^ *Depends: \(lib[a-z0-9.+-]*\)$/\1/p'
}

[ -n "$(libraries)" ] || $1 apt-get -q -o Acquire::Retries=1 update
# shellcheck disable=SC2046 # one word per package
host_tests/install-packages.sh "$1" $(libraries)
exec host_tests/unpack-packages.sh "$1" "$2" mosquitto
