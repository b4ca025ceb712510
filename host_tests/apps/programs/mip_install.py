# SPDX-License-Identifier: MIT
"""Installs a package from a host on the link, and runs it, again and again."""

import os
import time

import mip
import requests  # noqa: F401 - the package uses it


def install():
    mip.install("http://%s:8000/package.json" % PEER, target=DIRECTORY)
    path = DIRECTORY + "/greeting.py"
    with open(path) as file:
        exec(file.read())  # the package sends the report
    os.remove(path)


def main():
    while True:
        try:
            install()
        except OSError as error:
            print("mip:", error)
        time.sleep_ms(100)
