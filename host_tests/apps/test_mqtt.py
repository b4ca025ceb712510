# SPDX-License-Identifier: MIT
"""The last will of a board reaches other clients when the board loses its address or its cable."""

import pytest
from wire.waiting import PATIENCE, wait_until

from .life import powered_up
from .programs import UmqttSimple


@pytest.fixture
def life(bench, server, opened):
    """A board whose MQTT client is connected, with a keepalive of 6 s."""
    with powered_up(bench, server, opened(UmqttSimple)) as life:
        yield life


def test_the_broker_publishes_the_will_when_the_service_stops(life):
    """lwIP resets the connection before the address is given up."""
    life.board.run("svc.stop()")
    wait_until(lambda: "autoip" in life.program.wills, "the broker has not published the will", 5)
    assert "static" not in life.program.wills


def test_the_broker_publishes_the_will_after_the_keepalive(life):
    """A board without a cable sends nothing."""
    life.board.set_link(False)
    wait_until(lambda: "autoip" in life.program.wills, "the broker has not published the will", PATIENCE)
    life.board.set_link(True)
    life.board.expect("bound")
    life.wait("autoip", life.board.address)
    assert "static" not in life.program.wills
