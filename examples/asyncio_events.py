# SPDX-License-Identifier: MIT
# A program with asyncio that does one thing while the board can be reached, and another thing while it can't.
# For any board, as main.py after boot.py.
import asyncio

import autoip


async def main():
    address = None
    while True:
        address = await service.changed(address)
        if address:
            print("reachable at", address)
        else:
            print("not reachable")


service = autoip.get() or autoip.start()
asyncio.run(main())
