# SPDX-License-Identifier: MIT
# A web server and an MQTT client that survive a new address, a pulled cable and a new lease. For any board,
# as main.py after boot.py. BROKER is a host on the same link with any MQTT broker.
import asyncio

import autoip

BROKER = "169.254.7.9"
TOPIC = b"autoip/address"


def text(data):
    return len(data).to_bytes(2, "big") + data


def packet(kind, body):
    return bytes((kind, len(body))) + body  # up to 127 bytes


async def answer(reader, writer):
    while await reader.readline() not in (b"\r\n", b""):
        pass
    writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n%s\n" % str(service.reachable).encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()


async def publish(address):
    """Publish the address every two seconds, until the board has a new one or the broker does not answer."""
    reader, writer = await asyncio.open_connection(BROKER, 1883)
    try:
        writer.write(packet(0x10, text(b"MQTT") + b"\x04\x02\x00\x3c" + text(b"autoip")))
        await writer.drain()
        await asyncio.wait_for(reader.readexactly(4), 10)  # CONNACK
        # ready() waits while the cable is out. If it returns the same address, the connection is still open.
        while await service.ready() == address:
            writer.write(packet(0x32, text(TOPIC) + b"\x00\x01" + address.encode()))
            await writer.drain()
            await asyncio.wait_for(reader.readexactly(4), 10)  # PUBACK
            await asyncio.sleep(2)
    finally:
        writer.close()
        await writer.wait_closed()


async def main():
    # A server bound to 0.0.0.0 can be reached at every address of the board, so it is started only once.
    await asyncio.start_server(answer, "0.0.0.0", 80)
    while True:
        address = await service.ready()
        try:
            await publish(address)
        except (OSError, EOFError, asyncio.TimeoutError) as error:
            print("broker:", repr(error))
            await asyncio.sleep(1)


service = autoip.get() or autoip.start()
asyncio.run(main())
