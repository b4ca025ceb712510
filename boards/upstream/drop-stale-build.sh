#!/bin/sh
# SPDX-License-Identifier: MIT
# drop-stale-build.sh BUILD SOURCE
# cmake goes on with the source folder that BUILD was first made from: remove BUILD if that was another.
set -eu

cache=$1/CMakeCache.txt
if [ -f "$cache" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$2" "$cache"; then
    rm -rf "$1"
fi
