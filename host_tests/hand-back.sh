#!/bin/sh
# SPDX-License-Identifier: MIT
# hand-back.sh COMMAND...
# Runs a command as root. Then the owner of the checkout becomes the owner of the files in build/, and can remove them.
# Python and its tools also write their caches to build/.
set -u

export PYTHONPYCACHEPREFIX="$PWD/build/pycache"
export HYPOTHESIS_STORAGE_DIRECTORY="$PWD/build/hypothesis"
export HANDED_BACK=1 # so that make, if the command runs make, does not start hand-back.sh again
trap : INT TERM # a signal ends the command, but not this script
"$@"
code=$?
if [ -d build ]; then
    chown -R -h --from=root "$(stat -c %u:%g .)" build
fi
exit $code
