# SPDX-License-Identifier: MIT
# A web page at http://autoip.local/ and at the board's addresses. If there are two boards on a network, give
# each board its own name.
import asyncio

import autoip
import network

PAGE = """HTTP/1.0 200 OK\r
Content-Type: text/html; charset=utf-8\r
\r
<!DOCTYPE html><title>{name}</title><meta name=viewport content="width=device-width">
<style>
body {{ background: #0d2440; color: #cfe2f3; font: 1.3em sans-serif }}
body {{ margin: 12vh auto; max-width: 38em; padding: 1em }}
h1 {{ color: #fff; margin: 0 }}
b {{ color: #8fe3a1; font: 2.2em monospace }}
</style>
<h1>Hello from {name}</h1>
<p>I am a microcontroller, and this is my address:
<p><b>{address}</b>
<p>I chose it myself, without a DHCP server and without any configuration.
"""


async def answer(reader, writer):
    while await reader.readline() not in (b"\r\n", b""):
        pass
    page = PAGE.format(name=network.hostname(), address=service.address)
    writer.write(page.encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()


async def main():
    address = await service.ready()
    await asyncio.start_server(answer, "0.0.0.0", 80)
    print("http://%s.local/ and http://%s/" % (network.hostname(), address))
    while True:
        await asyncio.sleep(3600)


network.hostname("autoip")  # before active(True), when the mDNS responder reads it
kinds = [getattr(network, kind) for kind in ("WLAN", "WIZNET5K", "LAN") if hasattr(network, kind)]
nic = kinds[0]()
nic.active(True)
service = autoip.get() or autoip.start(nic)
asyncio.run(main())
