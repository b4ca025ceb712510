#!/bin/sh
# SPDX-License-Identifier: MIT
# hand-back.sh COMMAND...
# Runs a command as root, and then gives the files in build/ to the owner of the checkout, who can then remove them.
# Files that Python and its tools create also go into build/.
set -u

export PYTHONPYCACHEPREFIX="$PWD/build/pycache"
export HYPOTHESIS_STORAGE_DIRECTORY="$PWD/build/hypothesis"
export HANDED_BACK=1 # a make in the command need not do this again
trap : INT TERM # signals end the command, and this script continues
"$@"
code=$?
if [ -d build ]; then
    chown -R -h --from=root "$(stat -c %u:%g .)" build
fi
exit $code
