# SPDX-License-Identifier: MIT
"""Answers each message from the broker. umqtt.simple neither pings nor reconnects, so the program does."""

import time

from umqtt.simple import MQTTClient

client = MQTTClient(NAME, PEER, keepalive=6)
client.set_last_will(NAME + "/will", "gone", qos=1)


def answer_with_mqtt(topic, message):
    client.publish(NAME + "/answer", message, qos=1)


def serve_broker():
    client.connect()
    client.subscribe(NAME + "/ask", qos=1)
    while True:
        client.ping()
        for _ in range(100):
            client.check_msg()
            time.sleep_ms(20)


def main():
    client.set_callback(answer_with_mqtt)
    while True:
        try:
            serve_broker()
        except OSError as error:
            print("mqtt:", error)
            client.sock.close()  # otherwise lwIP soon runs out of connections (ENOMEM)
            time.sleep_ms(200)
