#!/bin/sh
# SPDX-License-Identifier: MIT
# install-packages.sh SUDO PACKAGE...
# Installs the Debian packages that are missing; SUDO is "sudo" or empty.
set -eu

sudo=$1
shift
missing=
for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
echo "installing Debian packages:$missing"
$sudo apt-get -qq update
# shellcheck disable=SC2086 # one word a package
DEBIAN_FRONTEND=noninteractive $sudo apt-get -qq install --no-install-recommends -y $missing >/dev/null
