#!/bin/sh
# SPDX-License-Identifier: MIT
# stamp.sh MICROPY_DIR
# Prints variables that a build puts into firmware: MicroPython's version followed by autoip's version, and the
# date of autoip's commit. Today's date is not used, so the same commit produces the same bytes.
set -eu

checkout=$1

in_git() {
    git -c safe.directory='*' -C "$@" 2>/dev/null
}

# MicroPython's own form: v1.28.0, or v1.28.0-preview.12.gabcdef.
if [ -e "$checkout/.git" ] && described=$(in_git "$checkout" describe --tags --dirty --always --match 'v[1-9].*'); then
    micropython=$(echo "$described" | sed 's/-/./g; s/\./-/3')
    hash=$(in_git "$checkout" rev-parse --short HEAD)
else
    micropython=$(sed -n 's/^#define MICROPY_VERSION_\(MAJOR\|MINOR\|MICRO\) \([0-9]*\)$/\2/p' "$checkout/py/mpconfig.h" | paste -sd.)
    micropython=v$micropython
    hash=
fi

# What follows autoip's version: nothing for the commit of the tag, the hash for any other commit.
version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' lib/autoip/__init__.py)
commit=$(in_git . describe --tags --always --dirty --match "v$version" || true)
commit=$(echo "$commit" | sed "s/^v$version//; s/^\([0-9a-f]\)/.g\1/; s/-/./g")

echo "MICROPY_GIT_TAG=$micropython+autoip.$version$commit"
[ -z "$hash" ] || echo "MICROPY_GIT_HASH=$hash"
date=${SOURCE_DATE_EPOCH:-$(in_git . log -1 --format=%ct || true)}
[ -z "$date" ] || echo "SOURCE_DATE_EPOCH=$date"
