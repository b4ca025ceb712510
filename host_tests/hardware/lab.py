# SPDX-License-Identifier: MIT
"""Moves a network card into a namespace, where it is the cable to the boards or their access point."""

import contextlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

from pyroute2 import IPRoute, netns
from wire.hardware import BRIDGE
from wire.namespace import returning

_SYS = pathlib.Path("/sys/class/net")
_GUARD = pathlib.Path(__file__).with_name("guard.py")
_PATIENCE = 30  # s
_ACCESS_POINT = """\
interface={nic}
bridge={bridge}
ssid={ssid}
hw_mode=g
channel=6
ieee80211n=1
wmm_enabled=1
"""
_SECRET = """\
wpa=2
wpa_key_mgmt=WPA-PSK
rsn_pairwise=CCMP
wpa_passphrase={key}
"""


class Refusal(Exception):
    """The tests can't run. The message explains why, and what to do, in one line."""


def check_card(nic, ssid=None, forced=False):
    """Raises Refusal if the tests can't use the card, or if this machine needs the card."""
    if not nic:
        raise Refusal(
            "which network card is the board connected to? Pass NIC=, one of: " + ", ".join(_cards())
        )
    if not (_SYS / nic).exists():
        raise Refusal(f"there is no network card {nic}. Pass NIC=, one of: " + ", ".join(_cards()))
    if not forced and any(_has_default_route(nic, version) for version in ("-4", "-6")):
        raise Refusal(
            f"{nic} has the default route, so this machine would lose its network. FORCE=1 uses it anyway."
        )
    if (_SYS / nic / "phy80211").exists():
        if not ssid:
            raise Refusal(
                f"{nic} becomes an access point: pass the name and password of its network in SSID= and KEY="
            )
        check_radio(nic, _radio_info((_SYS / nic / "phy80211").resolve().name))


def check_radio(nic, info):
    """Raises Refusal if the card can't be an access point. info: the output of `iw phy PHY info`."""
    modes = re.search(r"Supported interface modes:\n((?:\s+\* .*\n)+)", info)
    if not modes or "AP" not in re.findall(r"\* (\S+)", modes[1]):
        raise Refusal(
            f"{nic} can't be an access point: connect one to an Ethernet card, and pass its SSID= and KEY="
        )


class Lab:
    """Uses the card until close(). The guard returns the card even if this process is killed."""

    def __init__(self, nic, ssid=None, key=""):
        self._hostapd = None
        self._nic = nic
        self._is_radio = (_SYS / nic / "phy80211").exists()
        self._guard = subprocess.Popen(
            [sys.executable, _GUARD, nic],
            env=os.environ | {"PYTHONPATH": str(_GUARD.parents[1])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.namespace = self._guard.stdout.readline().strip()
        if not self.namespace:
            self._guard.stdin.close()
            self._guard.wait()
            raise Refusal(f"{nic} can't be moved into a network namespace: use another network card")
        self._file = open(self.namespace)
        with self._inside():
            self._route = IPRoute()
        try:
            self._build(nic, ssid, key)
        except BaseException:
            self.close()
            raise

    def has_card(self):
        """Returns False if the card has been unplugged."""
        return bool(self._route.link_lookup(ifname=self._nic))

    def close(self):
        """Wait until the guard has returned the card. Raises Refusal if the guard fails."""
        if self._hostapd:
            self._hostapd.terminate()
            self._hostapd.wait(_PATIENCE)
        self._route.close()
        self._file.close()
        self._guard.stdin.close()
        if self._guard.wait(_PATIENCE):
            raise Refusal(f"{self._nic} has not been returned, see above")

    def _build(self, nic, ssid, key):
        self._route.link("add", ifname=BRIDGE, kind="bridge", br_stp_state=0, br_mcast_snooping=0)
        bridge, card = (self._route.link_lookup(ifname=name)[0] for name in (BRIDGE, nic))
        self._route.link("set", index=bridge, state="up")
        if self._is_radio:
            self._start_access_point(nic, ssid, key)
        else:
            self._route.link("set", index=card, master=bridge, state="up")

    def _start_access_point(self, nic, ssid, key):
        settings = _ACCESS_POINT + (_SECRET if key else "")
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write(settings.format(nic=nic, bridge=BRIDGE, ssid=ssid, key=key))
            file.flush()
            with self._inside():
                self._hostapd = subprocess.Popen(
                    ["setpriv", "--pdeathsig", "TERM", "hostapd", file.name],
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    stdin=subprocess.DEVNULL,
                    text=True,
                    process_group=0,
                )
            printed = ""
            for line in self._hostapd.stdout:
                printed += line
                if "AP-ENABLED" in line:
                    threading.Thread(target=self._hostapd.stdout.read, daemon=True).start()
                    return
        raise Refusal(f"{nic} can't be an access point: {printed.partition(chr(10))[0]}")

    @contextlib.contextmanager
    def _inside(self):
        with returning():
            netns.setns(self._file.fileno())
            yield


def _cards():
    return sorted(card.name for card in _SYS.iterdir() if card.name != "lo")


def _has_default_route(nic, version):
    return subprocess.check_output(["ip", version, "route", "show", "default", "dev", nic], text=True)


def _radio_info(phy):
    return subprocess.check_output(["iw", "phy", phy, "info"], text=True)
