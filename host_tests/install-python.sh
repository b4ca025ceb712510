#!/bin/sh
# SPDX-License-Identifier: MIT
# install-python.sh VENV REQUIREMENTS
# Makes a virtual environment, if there is none, and installs the packages that the file REQUIREMENTS lists.
set -eu

venv=$1
requirements=$2

refuse() {
    echo "error: $1" >&2
    exit 1
}

[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -m pip install --retries 2 -r "$requirements" \
    || refuse "pip can't install $requirements. Is there a network? Does \`$venv/bin/python -m pip download six\` work?"
