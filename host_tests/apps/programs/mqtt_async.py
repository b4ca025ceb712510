# SPDX-License-Identifier: MIT
"""Answers each message from the broker. The package is written for Wi-Fi, and waits for isconnected()."""

import asyncio
import sys

import machine as board_machine
import network as board_network


class Wlan:
    """The part of network.WLAN that the package uses, implemented with the board's Ethernet."""

    isconnected = nic.isconnected

    def __init__(self, kind):
        pass

    def status(self):
        return 0

    def active(self, on):
        pass

    def connect(self, ssid, key):
        pass

    def disconnect(self):
        pass


class Wifi:
    STA_IF = 0
    STAT_CONNECTING = 1
    WLAN = Wlan


class Unique:
    def unique_id():
        return NAME.encode()


class Logger:
    def debug(self, *message):
        pass

    def info(self, *message):
        print("mqtt:", *message)

    warning = info


class Logging:
    def getLogger(name):
        return Logger()


sys.modules.update({"network": Wifi, "machine": Unique, "logging": Logging})

from mqtt_async import MQTTClient, config

sys.modules.update({"network": board_network, "machine": board_machine})
asked = []


async def serve_broker():
    config.server = PEER
    config.ssid = "none"
    config.subs_cb = lambda topic, message, *_: asked.append(bytes(message))
    config.set_last_will(NAME + "/will", "gone", qos=1)
    config.keepalive = 20
    client = MQTTClient(config)
    while True:
        try:
            await client.connect()
            break
        except OSError as error:
            print("mqtt:", error)
            await asyncio.sleep_ms(200)
    await client.subscribe(NAME + "/ask", 1)
    while True:
        while asked:
            await client.publish(NAME + "/answer", asked.pop(0), qos=1)
        await asyncio.sleep_ms(20)


def main():
    asyncio.run(serve_broker())
