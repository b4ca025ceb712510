# SPDX-License-Identifier: MIT
"""Answers each message from the broker. umqtt.robust connects again by itself."""

import time

from umqtt.robust import MQTTClient

client = MQTTClient(NAME, PEER)
client.set_last_will(NAME + "/will", "gone", qos=1)


def answer_with_mqtt(topic, message):
    client.publish(NAME + "/answer", message, qos=1)


def main():
    client.set_callback(answer_with_mqtt)
    client.reconnect()  # retries until the board has an address
    client.subscribe(NAME + "/ask", qos=1)
    while True:
        client.check_msg()
        time.sleep_ms(20)
