#!/bin/sh
# SPDX-License-Identifier: MIT
# publish.sh TAG
# Creates the release page of a tag from build/dist, with GitHub's command line.
set -eu

cd "$(dirname "$0")/../build/dist"
gh release create "$1" --verify-tag --title "autoip $1" --notes-file notes.md autoip-v* LICENSES.txt SHA256SUMS
