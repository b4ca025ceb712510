# SPDX-License-Identifier: MIT
"""run.py [PYTEST OPTION...]: make test-hardware. Runs the wire tests on a real board and writes a report.

The environment contains make's variables BOARD, PORT, NIC, SSID, KEY, NO_HANDS, LINK_CMD and FORCE, and the
path of the firmware in IMAGE. At the end, the network card and the board's boot.py and main.py are restored.
"""

import contextlib
import os
import pathlib
import stat
import sys

import pytest
from wire.hardware import BoardGone
from wire.qemu import ROOT

from hardware.board import KeptFiles, NoAutoip, facts
from hardware.lab import Lab, Refusal, check_card
from hardware.report import Recorder, host_facts, write

HOST_TESTS = ROOT / "host_tests"
# These modules test frames and addresses, which are the same on all boards.
MODULES = [
    *("claim", "suspension", "conflict", "giving_up", "storms", "arp_tables"),
    *("dhcp", "leases", "routable_address", "manual_address", "isconnected"),
    *("sockets_follow", "traffic", "udp_replies", "routes", "api"),
]


def check_ports(ports):
    if not ports:
        raise Refusal(
            "which serial port is the board on? Pass PORT=/dev/ttyACM0 (ls /dev/ttyACM* /dev/ttyUSB*)"
        )
    for port in ports:
        path = pathlib.Path(port)
        if not path.exists() or not stat.S_ISCHR(path.stat().st_mode):
            raise Refusal(
                f"there is no serial port {port}: connect the board by USB (ls /dev/ttyACM* /dev/ttyUSB*)"
            )


def run(options):
    """Run the tests. Returns the path of the report, and whether all tests have passed."""
    environment = os.environ.get
    ports, nic, ssid = environment("PORT", "").split(), environment("NIC"), environment("SSID")
    check_ports(ports)
    check_card(nic, ssid, bool(environment("FORCE")))
    with contextlib.ExitStack() as closing:
        boards = []
        for port in ports:
            closing.enter_context(KeptFiles(port))
            boards.append(facts(port, environment("IMAGE")))
        host = host_facts(nic)
        lab = Lab(nic, ssid, environment("KEY", ""))
        closing.callback(lab.close)
        os.environ.update(HARDWARE_PORTS=" ".join(ports), HARDWARE_NAMESPACE=lab.namespace)
        recorder = Recorder(lab)
        tests = [str(HOST_TESTS / "wire" / f"test_{name}.py") for name in MODULES]
        figures = str(HOST_TESTS / "hardware" / "figures.py")
        pytest.main(["-p", "no:xdist", *tests, figures, *options], plugins=[recorder])
        return write(environment("BOARD"), boards, host, recorder), recorder.passed


def main(options):
    try:
        report, passed = run(options)
    except (Refusal, NoAutoip, BoardGone) as error:
        sys.exit(str(error))
    print(f"the report is {report}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
