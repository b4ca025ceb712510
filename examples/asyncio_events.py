# SPDX-License-Identifier: MIT
# A program with asyncio that does one thing while the board has its address, and another while it has none.
import asyncio

import autoip
import network

changed = asyncio.ThreadSafeFlag()


def on_event(event, service):
    changed.set()  # on_event is called from the scheduler, where nothing may wait


async def follow():
    while True:
        await changed.wait()
        if service.address:
            print("reachable at", service.address)
        else:
            print("not reachable")


async def main():
    task = asyncio.create_task(follow())
    print("my address is", await service.ready())
    await task


nic = network.LAN()
nic.active(True)
service = autoip.start(nic, on_event=on_event)
asyncio.run(main())
