#!/bin/sh
# SPDX-License-Identifier: MIT
# step.sh LOG TEXT COMMAND...
# A step of make: prints TEXT, runs the command, and tells how long it took. What the command prints is kept in LOG, and
# shown from its end if it fails; with V=1 it is printed.
set -eu

log=$1
text=$2
shift 2

if [ -n "${V:-}" ]; then
    echo "$text"
    exec "$@"
fi
mkdir -p "$(dirname "$log")"
printf '%s ... ' "$text"
begin=$(date +%s)
if "$@" >"$log" 2>&1; then
    echo "$(($(date +%s) - begin)) s"
else
    code=$?
    echo failed
    tail -n 30 "$log" >&2
    echo "all that was printed: $log" >&2
    exit $code
fi
