# SPDX-License-Identifier: MIT
"""A report of make test-hardware contains no name of a person, a network or a machine."""

import socket

import pytest
from wire.board import ROOT

from hardware.report import Anonymizer

MAC = "28:cd:c1:0a:0b:0c"


@pytest.fixture
def anonymous(monkeypatch):
    monkeypatch.setenv("SSID", "passed")  # "passed" is also an outcome in the report
    monkeypatch.setenv("KEY", "my key (1)")
    monkeypatch.setenv("SUDO_USER", "al")
    monkeypatch.setenv("HARDWARE_PORTS", "/dev/serial/by-id/usb-Board_in_FS_E66180-if00")
    monkeypatch.setattr(socket, "gethostname", lambda: "desk")
    return Anonymizer({MAC})


def test_names_are_replaced(anonymous):
    text = f"al@desk: {ROOT}/build, passed, my key (1), /dev/serial/by-id/usb-Board_in_FS_E66180-if00"
    assert anonymous.text(text) == "USER@HOST: CHECKOUT/build, SSID, KEY, PORT"


def test_words_that_contain_a_name_are_not_changed(anonymous):
    assert anonymous.text("all desktops bypassed") == "all desktops bypassed"


def test_macs_keep_their_vendor(anonymous):
    assert anonymous.text(f"{MAC} 00:e0:4c:68:00:01 02:00:00:00:00:02") == (
        "28:cd:c1:00:00:01 00:e0:4c:xx:xx:xx 02:00:00:00:00:02"
    )
    assert anonymous.frame(b"\x01\x28\xcd\xc1\x0a\x0b\x0c\x02") == b"\x01\x28\xcd\xc1\x00\x00\x01\x02"


def test_the_outcome_of_a_test_is_not_changed(anonymous):
    result = {"outcome": "passed", "seconds": 1, "reason": "passed", "log": ["desk"]}
    assert anonymous.result(result) == result | {"reason": "SSID", "log": ["HOST"]}
