"""Random sequences of all that can happen to an interface, on the real stack with sanitizers."""

import time

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from wire.frames import announcement

pytest_plugins = "wire.fixtures"

STATIC = "10.0.0.99"


class Interface:
    """A board and what the test knows of its routable address."""

    def __init__(self, bench):
        self._bench = bench
        self._server = bench.dhcp()
        self._server.start()
        self.board = bench.board()
        self._lease = None
        self.board.run("svc = None")
        self.board.run("nic.ipconfig(dhcp4=False)")

    # Events; each has a name that hypothesis draws

    def start(self):
        self._start("")

    def start_old(self):
        self._start(", old=True")

    def start_old_force(self):
        self._start(", old=True, force=True")

    def stop(self):
        self.board.run("autoip.stop()")

    def dhcp(self):
        self.board.run("nic.ipconfig(dhcp4=True)")

    def release(self):
        self.board.run("nic.ipconfig(dhcp4=False)")

    def static(self):
        self.board.run(f"nic.ifconfig(('{STATIC}', '255.255.255.0', '10.0.0.1', '0.0.0.0'))")

    def no_static(self):
        self.board.run(f"nic.ifconfig()[0] == '{STATIC}' and nic.ipconfig(addr4=('0.0.0.0', '0.0.0.0'))")

    def unplug(self):
        self.board.set_link(False)

    def plug(self):
        self.board.set_link(True)

    def deactivate(self):
        self.board.run("nic.active(False)")

    def activate(self):
        self.board.run("nic.active(True)")

    def conflict(self):
        address = self.board.ask("svc and svc.address")
        if address:
            self._bench.wire.send(announcement(address))

    def pause(self):
        time.sleep(0.15)

    # What always holds

    def check(self, event):
        # The network goes on while the board looks, so the address is read before and after.
        leased, before, shown, after = self.board.ask(
            "(nic.ipconfig('has_dhcp4'), svc and svc.address, nic.ifconfig()[0], svc and svc.address)"
        )
        if leased:
            assert shown.startswith("10.0.0.") and shown != STATIC
        if event in OURS and self._lease:
            assert leased and shown == self._lease, "a lost lease"
        self._lease = shown if leased else None
        assert shown in (before, after, STATIC, "0.0.0.0") or shown.startswith("10.0.0."), shown

    def reset(self):
        """Back to an interface without addresses; the service leaves no trace."""
        self._lease = None
        self.stop()
        assert not self.board.ask("nic.ifconfig()[0]").startswith("169.254.")
        self.plug()
        self.activate()
        self.release()
        self.board.run("nic.ipconfig(addr4=('0.0.0.0', '0.0.0.0'))")
        self.board.run("autoip.service._limits.clear()")  # conflicts of this life are not those of the next

    def _start(self, options):
        self.board.run(
            "try:\n"
            f"    svc = start(nic, delay=1{options})\n"
            "except OSError as error:\n"
            "    if error.errno not in (errno.EALREADY, errno.ENODEV): raise"
        )


# Events that are no business of the routable address.
OURS = {"start", "start_old", "start_old_force", "stop", "conflict", "pause"}
EVENTS = [name for name in vars(Interface) if not name.startswith("_") and name not in ("check", "reset")]


def test_random_sequences_keep_the_promises(bench):
    interface = Interface(bench)
    interface.board.run("import errno, gc")
    heap = []

    @settings(
        max_examples=100,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(st.sampled_from(EVENTS), min_size=8, max_size=16))
    def sequence(events):
        for event in events:
            getattr(interface, event)()
            interface.check(event)
        interface.reset()
        interface.board.run("svc = None; gc.collect()")
        heap.append(interface.board.ask("gc.mem_alloc()"))

    sequence()
    assert max(heap[50:]) <= max(heap[10:50]) + 256, heap
    print(f"{len(heap)} sequences, heap {heap[10]} -> {heap[-1]} bytes")
