#!/bin/sh
# SPDX-License-Identifier: MIT
# hand-back.sh COMMAND...
# Runs a command as root, and then hands what lies in build/ to the owner of the checkout, who can remove it. What Python
# and its tools keep goes there, too.
set -u

export PYTHONPYCACHEPREFIX="$PWD/build/pycache"
export HYPOTHESIS_STORAGE_DIRECTORY="$PWD/build/hypothesis"
export HANDED_BACK=1 # a make in the command need not do it again
trap : INT TERM # the command ends by them, this goes on
"$@"
code=$?
if [ -d build ]; then
    chown -R -h --from=root "$(stat -c %u:%g .)" build
fi
exit $code
