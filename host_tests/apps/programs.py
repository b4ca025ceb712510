# SPDX-License-Identifier: MIT
"""The programs that run on a board, each with its client on the host."""

import hashlib
import http.server
import itertools
import json
import subprocess
import threading
import time

import sacn
from paho.mqtt import client as mqtt
from pymodbus.client import ModbusTcpClient
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from ssdpy import SSDPClient
from websockets.sync.client import connect
from wire.board import ROOT
from wire.routable import PEER
from wire.waiting import wait_until

_PATIENCE = 30  # s that a client waits for an answer, however busy the machine is
_MOSQUITTO = ROOT / "build" / "apps" / "mosquitto" / "usr" / "sbin" / "mosquitto"


class Program:
    """A program, and its client on a host. If the program is a client, its server is started here.

    SOURCE: the file in programs/. PACKAGES: what the program imports. BASED_ON: the packages whose versions
    docs/programs.md shows. CLIENT: the client or server on the host.
    """

    SOURCE = ""
    PACKAGES = ()
    BASED_ON = ()
    CLIENT = ""

    def __init__(self, host, directory):
        self.host = host
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def ask(self, name, address):
        """Send one request to the program whose NAME is `name`. Raises if the answer is missing or wrong."""
        raise NotImplementedError

    def close(self):
        pass

    def curl(self, *arguments):
        options = f"--silent --show-error --fail --globoff --connect-timeout 3 --max-time {_PATIENCE}"
        return self.host.run("curl", *options.split(), *arguments)


class MicrodotServer(Program):
    SOURCE = "microdot_server.py"
    PACKAGES = ("microdot",)
    BASED_ON = ("microdot",)
    CLIENT = "curl, websockets"

    def ask(self, name, address):
        assert self.curl(f"http://{address}/") == f"the page of {name}"
        assert self.curl(f"http://{address}/stream").split() == [str(number) for number in range(10)]
        assert self.curl(f"http://{address}/events").count("data:") == 3
        with self.host.namespace.inside():
            websocket = connect(f"ws://{address}/echo", open_timeout=_PATIENCE, close_timeout=1)
        with websocket:
            websocket.send("hello")
            assert websocket.recv(_PATIENCE) == "hello"


class Mqtt(Program):
    """mosquitto, and a client that sends a message and waits for the program's answer, both with QoS 1."""

    CLIENT = "mosquitto, paho-mqtt"

    def __init__(self, host, directory):
        super().__init__(host, directory)
        self.wills = []
        self._numbers = itertools.count(1)
        self._open = {}  # name -> its question without an answer
        self._arrived = threading.Condition()
        self._start_broker()
        with host.namespace.inside():
            self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
            self._client.on_message = self._hear
            self._client.connect("127.0.0.1")
            self._client.subscribe([("+/answer", 1), ("+/will", 1)])
            self._client.loop_start()

    def ask(self, name, address):
        """The broker retains the question, so a program receives the question when it connects again."""
        with self._arrived:
            if name not in self._open:
                self._open[name] = str(next(self._numbers))
                self._client.publish(f"{name}/ask", self._open[name], qos=1, retain=True)
            assert self._arrived.wait_for(lambda: name not in self._open, timeout=1), f"no answer from {name}"

    def close(self):
        self._client.loop_stop()
        self._client.disconnect()
        self._broker.kill()
        self._broker.wait()

    def _start_broker(self):
        configuration = self.directory / "mosquitto.conf"
        configuration.write_text("listener 1883\nallow_anonymous true\nuser root\n")
        log = open(self.directory / "mosquitto.log", "w")
        command = [_MOSQUITTO, "-v", "-c", configuration]
        with log:
            self._broker = self.host.namespace.popen(command, stdout=log, stderr=subprocess.STDOUT)
        silent = f"mosquitto does not listen, see {self.directory}"
        wait_until(lambda: ":1883 " in self.host.run("ss", "-lnt"), silent)

    def _hear(self, client, _, message):
        name, kind = message.topic.split("/")
        with self._arrived:
            if kind == "will":
                self.wills.append(name)
            elif self._open.get(name) == message.payload.decode():
                del self._open[name]
            self._arrived.notify_all()


class UmqttSimple(Mqtt):
    SOURCE = "umqtt_simple.py"
    PACKAGES = ("umqtt",)
    BASED_ON = ("micropython-umqtt.simple",)


class UmqttRobust(Mqtt):
    SOURCE = "umqtt_robust.py"
    PACKAGES = ("umqtt",)
    BASED_ON = ("micropython-umqtt.robust", "micropython-umqtt.simple")


class MqttAsync(Mqtt):
    """micropython-mqtt-async is derived from mqtt_as, which is not on PyPI."""

    SOURCE = "mqtt_async.py"
    PACKAGES = ("mqtt_async.mpy",)
    BASED_ON = ("micropython-mqtt-async",)


class IdleReaders(Program):
    """An asyncio server. Three clients per board keep their connections open and send nothing."""

    SOURCE = "idle_readers.py"
    CLIENT = "plain sockets"

    def __init__(self, host, directory):
        super().__init__(host, directory)
        self._idle = {}

    def ask(self, name, address):
        for idle in self._idle.pop(name, []):
            idle.close()
        self._idle[name] = [self._connect(address) for _ in range(3)]
        with self._connect(address) as client:
            client.sendall(b"hello\n")
            assert client.makefile().readline() == "hello\n"

    def close(self):
        for idle in [client for clients in self._idle.values() for client in clients]:
            idle.close()

    def _connect(self, address):
        client = self.host.socket("stream")
        client.settimeout(_PATIENCE)
        client.connect((address, 7))
        return client


class Modbus(Program):
    SOURCE = "modbus.py"
    PACKAGES = ("umodbus",)
    BASED_ON = ("micropython-modbus",)
    CLIENT = "pymodbus"

    def ask(self, name, address):
        value = time.time_ns() % 1000
        with self.host.namespace.inside(), ModbusTcpClient(address, timeout=2, retries=0) as client:
            assert not client.write_register(93, value, device_id=1).isError()
            assert client.read_holding_registers(93, count=1, device_id=1).registers == [value]


class Upload(Program):
    SOURCE = "upload.py"
    PACKAGES = ("microdot",)
    BASED_ON = ("microdot",)
    CLIENT = "curl"
    BYTES = 20_000

    def ask(self, name, address):
        file = self.directory / f"{name}.bin"
        data = hashlib.shake_128(name.encode()).digest(self.BYTES)
        file.write_bytes(data)
        answer = self.curl("--upload-file", str(file), f"http://{address}/upload")
        assert answer == hashlib.sha256(data).hexdigest()


class Reports(Program):
    """A program that is a client, and that reports each success to the host."""

    def __init__(self, host, directory):
        super().__init__(host, directory)
        self._arrived = threading.Condition()
        self._last = {}

    def ask(self, name, address):
        began = time.time()
        with self._arrived:
            reported = self._arrived.wait_for(lambda: self._last.get(name, 0) > began, _PATIENCE)
        assert reported, f"no report from {name}"

    def reported(self, name):
        with self._arrived:
            self._last[name] = time.time()
            self._arrived.notify_all()


class RequestsClient(Reports):
    SOURCE = "requests_client.py"
    PACKAGES = ("requests",)
    BASED_ON = ("requests",)
    CLIENT = "http.server"

    def __init__(self, host, directory):
        super().__init__(host, directory)
        reported, pages = self.reported, self.pages()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self._answer(pages.get(self.path.split("?")[0].strip("/"), "").encode())

            def do_POST(self):
                reported(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["name"])
                self._answer(b"")

            def _answer(self, body):
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        with host.namespace.inside():
            self._server = http.server.ThreadingHTTPServer(("0.0.0.0", 8000), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def pages(self):
        return {"page": "the page of the host"}

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class MipInstall(RequestsClient):
    """The board installs a package and runs it. The package then sends the report."""

    SOURCE = "mip_install.py"
    PACKAGES = ("requests", "mip")
    BASED_ON = ("mip", "requests")

    def pages(self):
        greeting = 'requests.post("http://%s:8000/report" % PEER, json={"name": NAME}, timeout=5).close()'
        index = {"urls": [["greeting.py", f"http://{PEER}:8000/greeting.py"]], "version": "1"}
        return {"package.json": json.dumps(index), "greeting.py": greeting}


class Ntp(Reports):
    """dnsmasq answers the query for the name, and a server in this class sends the time. The board reports
    the year with syslog.
    """

    SOURCE = "ntp.py"
    PACKAGES = ("phew",)
    BASED_ON = ("micropython-phew",)
    CLIENT = "dnsmasq, servers for NTP and syslog"
    _SINCE_1900 = 2_208_988_800

    def __init__(self, host, directory):
        super().__init__(host, directory)
        options = "--keep-in-foreground --conf-file=/dev/null --pid-file= --user=root --no-resolv --no-hosts"
        names = f"--bind-interfaces --listen-address={PEER} --address=/pool.ntp.org/{PEER}"
        command = ["dnsmasq", *options.split(), *names.split()]
        self._names = host.namespace.popen(command, stdin=subprocess.DEVNULL)
        self._sockets = [self._serve(123, self._tell_time), self._serve(514, self._take_report)]

    def close(self):
        self._names.kill()
        self._names.wait()
        for server in self._sockets:
            server.close()

    def _serve(self, port, answer):
        server = self.host.socket("datagram")
        server.settimeout(None)
        server.bind(("0.0.0.0", port))

        def run():
            while server.fileno() >= 0:
                try:
                    answer(server, *server.recvfrom(512))
                except OSError:
                    return

        threading.Thread(target=run, daemon=True).start()
        return server

    def _tell_time(self, server, query, peer):
        answer = bytearray(48)
        answer[0] = 0x24  # version 4, server
        answer[24:32] = query[40:48]
        answer[40:44] = (int(time.time()) + self._SINCE_1900).to_bytes(4, "big")
        server.sendto(answer, peer)

    def _take_report(self, server, message, peer):
        _, _, name, _, _, _, _, text = message.decode().split(" ", 7)
        if text == f"the year is {time.gmtime().tm_year}":
            self.reported(name)


class Ssdp(Program):
    SOURCE = "ssdp.py"
    CLIENT = "ssdpy"

    def __init__(self, host, directory):
        super().__init__(host, directory)
        host.run("ip", "route", "add", "239.0.0.0/8", "dev", "eth0", "src", PEER)

    def ask(self, name, address):
        with self.host.namespace.inside():
            found = SSDPClient(timeout=1).m_search("urn:autoip:board", mx=1)
        assert any(each["usn"] == f"uuid:{name}" for each in found), found


class Lights(Program):
    """sACN by multicast, and OSC by unicast. The library sacn sends 25 times per second."""

    SOURCE = "lights.py"
    CLIENT = "sacn, python-osc"

    def __init__(self, host, directory):
        super().__init__(host, directory)
        host.run("ip", "route", "add", "239.0.0.0/8", "dev", "eth0", "src", PEER)
        with host.namespace.inside():
            self._sender = sacn.sACNsender(bind_address=PEER, fps=25)
            self._sender.start()
            self._sender.activate_output(1)
            self._sender[1].multicast = True

    def ask(self, name, address):
        level = time.time_ns() % 200 + 1
        self._sender[1].dmx_data = (level,)
        deadline = time.time() + 1
        while self._level(name, address) != level:
            assert time.time() < deadline, f"{name} has no level {level}"

    def _level(self, name, address):
        with self.host.socket("datagram") as client:
            client.settimeout(0.5)
            client.sendto(OscMessageBuilder("/level/get").build().dgram, (address, 9000))
            answer = OscMessage(client.recv(64))
        assert answer.address == f"/level/{name}"
        return answer.params[0]

    def close(self):
        self._sender.stop()


PROGRAMS = (
    MicrodotServer,
    Upload,
    IdleReaders,
    UmqttSimple,
    UmqttRobust,
    MqttAsync,
    Modbus,
    RequestsClient,
    MipInstall,
    Ntp,
    Ssdp,
    Lights,
)
