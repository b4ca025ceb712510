#!/bin/sh
# SPDX-License-Identifier: MIT
# unpack-packages.sh SUDO FOLDER PACKAGE...
# Unpacks Debian packages into a directory without installing them, because an installed daemon would start and
# claim an address. SUDO is "sudo" or empty. With SUDO, the script updates the package lists if a download fails.
set -eu

sudo=$1
folder=$2
shift 2

download() {
    apt-get -qq -o APT::Sandbox::User= download "$@"
}

rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
download "$@" 2>/dev/null || {
    $sudo apt-get -q -o Acquire::Retries=1 update
    download "$@"
} || {
    echo "error: apt-get can't download $*. Is there a network?" >&2
    exit 1
}
for package in *.deb; do
    dpkg-deb -x "$package" .
    rm "$package"
done
