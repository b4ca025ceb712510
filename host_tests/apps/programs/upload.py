# SPDX-License-Identifier: MIT
"""Accepts an upload of up to 2 MB, and answers with the SHA-256 hash of the upload."""

import binascii
import hashlib

from microdot import Microdot, Request

Request.max_content_length = 2_000_000
app = Microdot()


@app.put("/upload")
async def upload(request):
    digest = hashlib.sha256()
    left = request.content_length
    while left:
        block = await request.stream.read(min(left, 1024))
        digest.update(block)
        left -= len(block)
    return binascii.hexlify(digest.digest()).decode()


@app.get("/download/<int:blocks>")
async def download(request, blocks):
    block = bytes(1024)

    def body():
        for _ in range(blocks):
            yield block

    return body()


def main():
    app.run(port=80)
