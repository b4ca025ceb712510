# SPDX-License-Identifier: MIT
"""Fetches a page from a server on the link, again and again."""

import time

import requests


def main():
    while True:
        try:
            response = requests.get("http://%s:8000/page?from=%s" % (PEER, NAME), timeout=5)
            assert response.status_code == 200 and response.text == "the page of the host"
            response.close()
            requests.post("http://%s:8000/report" % PEER, json={"name": NAME}, timeout=5).close()
        except OSError as error:
            print("requests:", error)
        time.sleep_ms(100)
