#!/bin/sh
# SPDX-License-Identifier: MIT
# install-packages.sh SUDO PACKAGE...
# Installs the Debian packages that are missing. SUDO is "sudo", or empty for root.
set -eu

sudo=$1
shift

refuse() {
    echo "error: $1" >&2
    exit 1
}

# apt waits while another apt runs.
install() {
    DEBIAN_FRONTEND=noninteractive $sudo apt-get -q -o DPkg::Lock::Timeout=600 install --no-install-recommends -y "$@"
}

if [ "$1" = --missing ]; then
    shift
    install "$@" && exit 0
    # The lists of packages may be missing or old.
    $sudo apt-get -q -o DPkg::Lock::Timeout=600 -o Acquire::Retries=1 update
    install "$@" || refuse "apt-get can't install $*. Is there a network? Does \`$sudo${sudo:+ }apt-get update\` work?"
    exit 0
fi

command -v dpkg-query >/dev/null || {
    echo "this needs Debian 12 or 13, or a system with its packages: dpkg-query is missing" >&2
    exit 1
}
missing=
for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ -n "$sudo" ] && ! command -v "$sudo" >/dev/null; then
    echo "missing Debian packages:$missing. Install them as root, or install $sudo" >&2
    exit 1
fi
# shellcheck disable=SC2086 # one word per package
exec boards/step.sh "${BUILD:-build}/log/packages" "installing Debian packages:$missing" "$0" "$sudo" --missing $missing
