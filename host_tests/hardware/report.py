# SPDX-License-Identifier: MIT
"""The report of a run, with its results and figures. It contains no name of a person, network or host."""

import collections
import datetime
import hashlib
import json
import os
import pathlib
import platform
import re
import socket
import subprocess
import zipfile

from scapy.utils import PcapWriter, RawPcapReader
from wire.bench import CAPTURES
from wire.hardware import BoardGone, ports
from wire.qemu import ROOT

FORMAT = 1
FOLDER = pathlib.Path(os.environ.get("HARDWARE_FOLDER", ROOT / "build" / "hardware"))
_SYS = pathlib.Path("/sys/class/net")
_MAC = re.compile(r"\b((?:[0-9a-f]{2}[:-]){3})(?:[0-9a-f]{2}[:-]){2}[0-9a-f]{2}\b", re.IGNORECASE)
_OURS = ("02:00:00", "28:cd:c1:00")  # the first bytes of MACs that the tests create
_LOG_LINES = 20
_UNPLUGGED = "the network card has been unplugged"
_ETHERNET = 1


class Recorder:
    """A plugin of pytest: records the outcome of each test, and ends a run that can't continue."""

    def __init__(self, lab):
        self.results = {}  # test: dict
        self.figures = {}
        self.captures = []
        self.macs = set()
        self.ended = "complete"
        self._lab = lab
        self._session = None

    @property
    def passed(self):
        outcomes = {result["outcome"] for result in self.results.values()}
        return self.ended == "complete" and "passed" in outcomes and "failed" not in outcomes

    def pytest_collection_finish(self, session):
        self._session = session

    def pytest_runtest_logreport(self, report):
        name = report.nodeid.split("/")[-1].replace("[hardware]", "").replace("[hardware-", "[")
        result = self.results.setdefault(name, {"outcome": "passed", "seconds": 0})
        result["seconds"] = round(result["seconds"] + report.duration, 1)
        if report.skipped:
            result.update(outcome="skipped", reason=str(report.longrepr[2]).removeprefix("Skipped: "))
        elif report.failed:
            result.update(outcome="failed", reason=_last_line(report), log=_log_of(report.nodeid))
        if report.when == "call":
            self.figures.update(report.user_properties)

    def pytest_exception_interact(self, call):
        if call.excinfo.errisinstance(BoardGone):
            self._end(str(call.excinfo.value))
        elif not self._lab.has_card():
            self._end(_UNPLUGGED)

    def pytest_sessionfinish(self):
        if self.ended == "complete" and not self._lab.has_card():
            self.ended = _UNPLUGGED

    def pytest_runtest_teardown(self, item):
        bench = item.funcargs.get("bench")
        if bench:
            self.captures += [capture.path for capture in bench.captures]
            self.macs |= {mac for board in bench.boards for mac in board.macs}

    def pytest_keyboard_interrupt(self):
        if self.ended == "complete":  # pytest also calls this for shouldstop
            self.ended = "interrupted"

    def _end(self, why):
        self.ended = why
        self._session.shouldstop = why


def host_facts(nic):
    """Describe this machine and its network card. The card must be in the namespace of this process."""
    device = _SYS / nic / "device"
    driver = (device / "driver").resolve().name if (device / "driver").exists() else "virtual"
    usb = [(device / ".." / name) for name in ("idVendor", "idProduct")]
    if all(file.exists() for file in usb):
        driver += " (USB " + ":".join(file.read_text().strip() for file in usb) + ")"
    release = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    return {"system": f"{release}, Linux {platform.release()}, {platform.machine()}", "card": driver}


def write(board, boards, host, recorder):
    """Write the report and its captures to build/hardware. Returns the path of the Markdown file."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    date = datetime.date.today().isoformat()
    path = FOLDER / f"{board}-{date}.md"
    anonymous = Anonymizer(recorder.macs)
    captures = _keep_captures(path.with_suffix(".zip"), recorder.captures, anonymous)
    report = {
        "format": FORMAT,
        "board": board,
        "date": date,
        "ended": anonymous.text(recorder.ended),
        "link": _link(),
        "commit": _commit(),
        "boards": boards,
        "host": host,
        "captures": captures,
        "figures": recorder.figures,
        "results": {name: anonymous.result(result) for name, result in recorder.results.items()},
    }
    path.with_suffix(".json").write_text(json.dumps(report, indent=1) + "\n")
    path.write_text(readable(report))
    return path


def readable(report):
    """The report as Markdown."""
    counts = collections.Counter(result["outcome"] for result in report["results"].values())
    first = report["boards"][0]
    rows = [
        ("board", f"{report['board']}, {first['machine']}"),
        ("firmware", f"{first['firmware']}, autoip {first['autoip']}, commit {report['commit']}"),
        ("image", f"{first.get('image', 'unknown')}, SHA-256 {first.get('sha256', 'unknown')}"),
        ("flash", first.get("flash", "not compared, because there is no image")),
        ("interface", f"{first['interface']}, {report['link']}"),
        ("boards", str(len(report["boards"]))),
        ("serial port", first["serial"]),
        ("host", report["host"]["system"]),
        ("network card", report["host"]["card"]),
        ("captures", f"{report['captures']['file']}, SHA-256 {report['captures']['sha256']}"),
        ("end", report["ended"]),
        ("tests", ", ".join(f"{counts[outcome]} {outcome}" for outcome in ("passed", "failed", "skipped"))),
    ]
    lines = [f"# {report['board']}, {report['date']}", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in rows]
    lines += ["", "| figure | value |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in report["figures"].items()]
    lines += ["", "| test | result | s | reason |", "|---|---|---|---|"]
    for name, result in report["results"].items():
        reason = result.get("reason", "").replace("|", "\\|")
        lines.append(f"| {name} | {result['outcome']} | {result['seconds']} | {reason} |")
    for name, result in report["results"].items():
        if result.get("log"):
            lines += [
                "",
                f"The last lines of the board's log in {name}:",
                "",
                *(f"    {line}" for line in result["log"]),
            ]
    return "\n".join(lines) + "\n"


class Anonymizer:
    """Replaces the names of persons, networks and machines. In a MAC, only the vendor's bytes are kept."""

    def __init__(self, macs):
        self._macs = {
            _bytes(mac): _bytes(mac)[:3] + bytes([0, 0, i]) for i, mac in enumerate(sorted(macs), 1)
        }
        names = {os.environ.get("SSID"): "SSID", os.environ.get("KEY"): "KEY"}
        names |= {socket.gethostname(): "HOST", str(ROOT): "CHECKOUT", str(pathlib.Path.home()): "HOME"}
        names |= dict.fromkeys(ports(), "PORT")  # a port's name may contain the serial number of the board
        names |= {os.environ.get("SUDO_USER"): "USER", os.environ.get("USER"): "USER"}
        self._names = {name: word for name, word in names.items() if name and name not in ("/", "root")}

    def result(self, result):
        """The result of a test, with names replaced in its reason and its log."""
        changed = dict(result)
        if "reason" in result:
            changed["reason"] = self.text(result["reason"])
        if "log" in result:
            changed["log"] = [self.text(line) for line in result["log"]]
        return changed

    def text(self, text):
        for name in sorted(self._names, key=len, reverse=True):
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", self._names[name], text)
        for mac, other in self._macs.items():
            text = text.replace(mac.hex(":"), other.hex(":"))
        known = [mac.hex(":") for mac in self._macs.values()]
        return _MAC.sub(lambda found: found[0] if _is_ours(found[0], known) else f"{found[1]}xx:xx:xx", text)

    def frame(self, raw):
        for mac, other in self._macs.items():
            raw = raw.replace(mac, other)
        return raw


def _is_ours(mac, known):
    return mac.lower().startswith(_OURS) or mac.lower() in known


def _keep_captures(path, captures, anonymous):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for capture in captures:
            copy = FOLDER / "capture"
            with PcapWriter(str(copy), linktype=_ETHERNET) as writer:
                writer.write_header(None)
                for raw, at in RawPcapReader(str(capture)):
                    writer.write_packet(anonymous.frame(raw), sec=at.sec, usec=at.usec)
            file.write(copy, capture.name)
            copy.unlink()
    return {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def _link():
    if "SSID" not in os.environ:
        return "a cable"
    return "Wi-Fi"


def _commit():
    found = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True
    )
    return found.stdout.strip() or "unknown"


def _bytes(mac):
    return bytes.fromhex(mac.replace(":", ""))


def _last_line(report):
    crash = getattr(report.longrepr, "reprcrash", None)
    return crash.message.splitlines()[0] if crash else str(report.longrepr).splitlines()[-1]


def _log_of(nodeid):
    """The last lines of the first board's log in a test that failed."""
    log = CAPTURES / (nodeid.split("::")[-1].replace("/", "_") + "-board0.log")
    return log.read_text(errors="replace").splitlines()[-_LOG_LINES:] if log.exists() else []
