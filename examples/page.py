# SPDX-License-Identifier: MIT
# A web page at http://autoip.local/ and at the board's link-local address, beside whatever else it has.
# With two boards on one link give each its own name.
import asyncio

import autoip
import network

PAGE = """HTTP/1.0 200 OK\r
Content-Type: text/html\r
\r
<!DOCTYPE html><title>{name}</title><meta name=viewport content="width=device-width">
<body style="font: 2em sans-serif; margin: 2em"><h1>Hello from {name}</h1>
<p>My link-local address is <b>{address}</b>, {state}. No DHCP server gave it to me, nobody configured it.</p>
"""


async def answer(reader, writer):
    while await reader.readline() not in (b"\r\n", b""):
        pass
    page = PAGE.format(name=network.hostname(), address=service.address, state=service.state)
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


network.hostname("autoip")  # before active(True): the mDNS responder takes it there
kinds = [getattr(network, kind) for kind in ("WLAN", "WIZNET5K", "LAN") if hasattr(network, kind)]
nic = kinds[0]()
nic.active(True)
service = autoip.get() or autoip.start(nic)
asyncio.run(main())
