#!/bin/sh
# SPDX-License-Identifier: MIT
# coverage.sh AS_ROOT BIN BUILD
# Runs the engine tests, and measures which lines of lib/autoip they execute. Runs the wire and lifecycle tests on
# sanitized boards, and measures which lines of firmware/ they execute. The boards must be built with COVERAGE=1. Prints
# the figures, and writes the lines to BUILD/coverage.
set -eu

as_root=$1
bin=$2
build=$3
folder=$build/coverage
mkdir -p "$folder"

# engine/cpython is left out, because a test there replaces coverage's tracer. test_populations.py is left out, because
# it takes minutes and executes no additional lines.
COVERAGE_FILE=$folder/python "$bin/coverage" run --branch --source=lib/autoip -m pytest -q host_tests/engine \
    --ignore host_tests/engine/cpython --ignore host_tests/engine/test_populations.py
find "$build" -path '*-coverage/*' -name '*.gcda' -delete
$as_root env SANITIZED=-sanitize-coverage "$bin/python" -m pytest -q -n auto -k 'not qemu' \
    host_tests/wire host_tests/lifecycle || failed=1

COVERAGE_FILE=$folder/python "$bin/coverage" report --show-missing --skip-empty | tee "$folder/python.txt"
"$bin/gcovr" --root . --filter firmware/ "$build"/UNIX_TAP-sanitize-coverage/firmware \
    "$build"/UNIX_TASK-sanitize-coverage/firmware --merge-mode-functions=separate | tee "$folder/c.txt"
exit "${failed:-0}"
