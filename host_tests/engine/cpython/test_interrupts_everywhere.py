# SPDX-License-Identifier: MIT
"""Interrupts lib/autoip at every jump, and checks that the service continues.

MicroPython checks for Ctrl-C at each jump. On ports with threads (rp2, esp32), Ctrl-C can interrupt a
callback there. In these tests, a trace function of CPython raises KeyboardInterrupt.
"""

import dis
import functools
import pathlib
import sys
import types

import autoip
import pytest
import sim
from autoip import service

FILES = {str(path) for path in pathlib.Path(service.__file__).parent.glob("*.py")}
UNTIL = 70000  # ms
SOON = 200  # ms; an interrupted wake-up is repeated after 100 ms


@functools.cache
def jumps(code):
    """The offsets of the jumps in the code."""
    return {each.offset for each in dis.get_instructions(code) if "JUMP" in each.opname}


class Interrupter:
    """A trace function that raises KeyboardInterrupt at the nth jump only, and counts all jumps."""

    def __init__(self, nth):
        self.count = 0
        self._nth = nth

    def __call__(self, frame, event, argument):
        if frame.f_code.co_filename not in FILES:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode" and frame.f_lasti in jumps(frame.f_code):
            self.count += 1
            if self.count == self._nth:
                raise KeyboardInterrupt
        return self


# (ms, function that is called with the link)
CONFLICTS_AND_FLAP = (
    (15000, lambda link: link.on_frame(sim.announcement(sim.FOREIGN, sim.C))),
    (18000, lambda link: link.on_frame(sim.announcement(sim.FOREIGN, sim.C))),
    (40000, lambda link: link.flap(None)),
)
DENIAL = ((1500, lambda link: link.on_frame(sim.denial(sim.FOREIGN, sim.C))),)
DENIED_AFTER_A_FLAP = (
    (20000, lambda link: link.flap(None)),
    (21500, lambda link: link.on_frame(sim.denial(sim.FOREIGN, sim.C))),
)


def run_service(nth, happenings):
    """Run a service with these events, and interrupt it at the nth jump. Returns (jumps, service, link)."""
    wire = sim.Wire()
    link = sim.Link(wire)
    sim.power_up(wire)
    svc = service.Service(link, first=sim.C)
    for ms, happen in happenings:
        wire.at(ms, happen, link)
    interrupter = Interrupter(nth)
    sys.settrace(interrupter)
    try:
        while wire.now < UNTIL:
            try:
                wire.run(UNTIL)
            except KeyboardInterrupt:  # the program catches it and continues
                sys.settrace(None)
                wire.sleep(SOON)
                assert svc._machine.held() == link.address, nth
    finally:
        sys.settrace(None)
    return interrupter.count, svc, link


@pytest.mark.parametrize(
    "happenings",
    [CONFLICTS_AND_FLAP, DENIAL, DENIED_AFTER_A_FLAP],
    ids=["conflicts and a flap", "denial", "denied after a flap"],
)
def test_no_interrupt_stops_the_service(happenings, monkeypatch):
    monkeypatch.setattr(service, "time", service.time)
    monkeypatch.setattr(service, "random", service.random)
    count, *_ = run_service(0, happenings)
    assert count > 500
    for nth in range(1, count + 1):
        _, svc, link = run_service(nth, happenings)
        held = svc._machine.held()
        assert svc.state == "bound" and held == link.address, (nth, svc.state, held, link.address)


def start(nth):
    """Call autoip.start(), and interrupt it at the nth jump. Returns the service, or None if interrupted."""
    sys.settrace(Interrupter(nth))
    try:
        return autoip.start(ip="169.254.18.52", debug=True)
    except KeyboardInterrupt:
        return None
    finally:
        sys.settrace(None)


def test_no_interrupt_leaves_a_partial_start(monkeypatch):
    monkeypatch.setattr(service, "time", service.time)
    monkeypatch.setattr(service, "random", service.random)
    wire = sim.Wire()
    sim.power_up(wire)
    monkeypatch.setattr(autoip, "_autoip", types.SimpleNamespace(Link=lambda nic: sim.Link(wire)))
    nth = 0
    while not start(nth + 1):
        nth += 1
        assert service.running == wire.stations == [], nth
    assert nth > 10
    wire.sleep(20000)
    assert autoip.get().state == "bound"
    autoip.stop()


def test_no_interrupt_leaves_a_partial_stop(monkeypatch):
    monkeypatch.setattr(service, "time", service.time)
    monkeypatch.setattr(service, "random", service.random)
    nth = interrupts = 0
    while interrupts == nth:
        nth += 1
        wire = sim.Wire()
        sim.power_up(wire)
        svc = service.Service(sim.Link(wire), first=sim.C)
        wire.run(20000)
        sys.settrace(Interrupter(nth))
        try:
            svc.stop()
        except KeyboardInterrupt:
            interrupts += 1
        finally:
            sys.settrace(None)
        # Either the service still runs, or it has ended. In both cases, service.running, the state and the
        # interface must be consistent.
        if svc.state == "bound":
            assert service.running == [svc] and svc._link.address == sim.C and svc._link.on_wake, nth
        else:
            assert svc.state == "stopped" and service.running == wire.stations == [], nth
        svc.stop()
        assert svc.state == "stopped" and service.running == wire.stations == [], nth
        assert svc.previous == "169.254.18.52", nth
    assert interrupts > 10
