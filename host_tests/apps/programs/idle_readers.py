# SPDX-License-Identifier: MIT
"""A server that echoes lines. It waits for each client without a timeout."""

import asyncio


async def serve_client(reader, writer):
    try:
        while line := await reader.readline():
            writer.write(line)
            await writer.drain()
    except OSError as error:
        print("client:", error)
    writer.close()
    await writer.wait_closed()  # in MicroPython, only wait_closed() closes the socket


async def serve_clients():
    await asyncio.start_server(serve_client, "0.0.0.0", 7)
    await asyncio.Event().wait()


def main():
    asyncio.run(serve_clients())
