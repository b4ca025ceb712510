#!/bin/sh
# SPDX-License-Identifier: MIT
# install-python.sh VENV REQUIREMENTS
# Creates the virtual environment VENV if it does not exist, and installs the packages in the file REQUIREMENTS.
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
