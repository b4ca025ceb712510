# SPDX-License-Identifier: MIT
"""The broker publishes the last will of a board when the board loses its address or its cable."""

import pytest
from wire.waiting import PATIENCE, wait_until

from .programs import UmqttSimple
from .scenario import powered_up


@pytest.fixture
def scenario(bench, server, opened):
    """A board whose MQTT client is connected, with a keepalive of 6 s."""
    with powered_up(bench, server, opened(UmqttSimple)) as scenario:
        yield scenario


def test_the_broker_publishes_the_will_when_the_service_stops(scenario):
    """lwIP resets the connection before autoip gives up the address."""
    scenario.board.run("svc.stop()")
    wait_until(lambda: "autoip" in scenario.program.wills, "the broker has not published the will", 5)
    assert "static" not in scenario.program.wills


def test_the_broker_publishes_the_will_after_the_keepalive(scenario):
    """A board without a cable sends nothing."""
    scenario.board.set_link(False)
    wait_until(lambda: "autoip" in scenario.program.wills, "the broker has not published the will", PATIENCE)
    scenario.board.set_link(True)
    scenario.board.expect("bound")
    scenario.wait("autoip", scenario.board.address)
    assert "static" not in scenario.program.wills
