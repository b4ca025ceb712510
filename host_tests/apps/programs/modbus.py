# SPDX-License-Identifier: MIT
"""A Modbus TCP server with one holding register."""

import time

from umodbus.tcp import ModbusTCP


def bind(server):
    """umodbus doesn't set SO_REUSEADDR. After a soft reset, the port is in use until all connections end."""
    while True:
        try:
            return server.bind("0.0.0.0", 502)
        except OSError as error:
            print("modbus:", error)
            time.sleep_ms(200)


def main():
    server = ModbusTCP()
    bind(server)
    server.setup_registers({"HREGS": {"level": {"register": 93, "len": 1, "val": 19}}})
    while True:
        server.process()
