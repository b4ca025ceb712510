#!/bin/sh
# SPDX-License-Identifier: MIT
# check-idf.sh BOARD
# If no suitable ESP-IDF is active in this shell, prints in one line what to install, and fails.
set -eu

get="get it with: git clone --branch v5.5.1 --recursive https://github.com/espressif/esp-idf"
get="$get && esp-idf/install.sh && . esp-idf/export.sh"

if ! command -v idf.py >/dev/null; then
    echo "BOARD=$1: no ESP-IDF is active, v5.3 to v5.5 fit; $get" >&2
    exit 1
fi
if ! version=$(idf.py --version); then
    echo "BOARD=$1: idf.py --version fails, see above; v5.3 to v5.5 fit; $get" >&2
    exit 1
fi
case $version in
    *v5.[345]*) ;;
    *)
        echo "BOARD=$1: $version is active, v5.3 to v5.5 fit; $get" >&2
        exit 1
        ;;
esac
