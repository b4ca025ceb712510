#!/bin/sh
# SPDX-License-Identifier: MIT
# step.sh LOG TEXT COMMAND...
# A step of make: prints TEXT, runs the command, and prints the elapsed time, every 10 s while the command runs (every
# second on a terminal) and at its end. The command's output goes to LOG. If the command fails, prints the reason: the
# last line, if it starts with "error: ", otherwise the end of LOG. With V=1, prints TEXT and the output, and
# writes no log.
set -eu

log=$1
text=$2
shift 2

if [ -n "${V:-}" ]; then
    echo "$text"
    exec "$@"
fi
mkdir -p "$(dirname "$log")"
printf '%s ...' "$text"
begin=$(date +%s)

seconds() {
    echo "$(($(date +%s) - begin)) s"
}

# Redirect sleep's output. Otherwise sleep keeps our output open, and a program that reads our output waits for sleep.
show_progress() {
    if [ -t 1 ]; then
        while sleep 1 >/dev/null 2>&1; do
            printf '\r%s ... %s' "$text" "$(seconds)"
        done
    else
        while sleep 10 >/dev/null 2>&1; do
            printf ' %s ...' "$(seconds)"
        done
    fi
}

show_progress &
progress=$!
trap 'kill $progress 2>/dev/null || true' EXIT
trap 'echo " interrupted"; exit 130' INT TERM
code=0
"$@" >"$log" 2>&1 || code=$?
kill $progress 2>/dev/null || true
if [ -t 1 ]; then
    printf '\r%s ...' "$text"
fi
if [ $code = 0 ]; then
    echo " $(seconds)"
else
    echo " failed"
    reason=$(tail -n 1 "$log")
    case $reason in
        "error: "*) echo "${reason#error: }" >&2 ;;
        *) tail -n 30 "$log" >&2 ;;
    esac
    echo "full log: $log" >&2
    exit $code
fi
