# SPDX-License-Identifier: MIT
"""The project's boards have a FAT file system, TLS and timers, which programs for MicroPython may need."""

import ssl
import subprocess
import threading

from wire.routable import PEER

from .running import install

FAT = """
import vfs

class Ram:
    def __init__(self):
        self.data = bytearray(512 * 64)
    def readblocks(self, block, buffer):
        buffer[:] = self.data[block * 512 : block * 512 + len(buffer)]
    def writeblocks(self, block, buffer):
        self.data[block * 512 : block * 512 + len(buffer)] = buffer
    def ioctl(self, operation, argument):
        return {4: 64, 5: 512}.get(operation, 0)

ram = Ram()
vfs.VfsFat.mkfs(ram)
vfs.mount(ram, "/fat")
with open("/fat/a long name.txt", "w") as file:
    file.write("kept")
"""
TIMER = "from machine import Timer; fired = []; timer = Timer(-1, period=10, callback=fired.append)"


def test_a_file_on_a_fat_file_system_is_read_back(bench):
    board = bench.board()
    board.run(FAT)
    assert board.ask("open('/fat/a long name.txt').read()") == "kept"


def test_a_timer_fires_after_a_collection_and_ends_with_a_soft_reset(bench):
    board = bench.board()
    board.run(TIMER)
    board.run("import gc; del timer; gc.collect(); fired.clear()")
    board.until("len(fired) > 2")
    board.soft_reset()
    board.run("import gc; gc.collect()")
    assert board.claim(delay=200)


def test_requests_fetches_a_page_with_tls(bench, server, tmp_path):
    """The host has a self-signed certificate, and requests does not verify certificates."""
    key = tmp_path / "key.pem"
    command = "openssl req -x509 -nodes -newkey rsa:2048 -subj /CN=host -days 1"
    subprocess.run([*command.split(), "-keyout", key, "-out", key], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(key)
    listening = server.host.socket("stream")
    listening.bind(("0.0.0.0", 443))
    listening.listen()

    def serve():
        with context.wrap_socket(listening.accept()[0], server_side=True) as client:
            asked = b""
            while b"\r\n\r\n" not in asked:
                asked += client.recv(500)
            client.sendall(b"HTTP/1.0 200 OK\r\n\r\nsecret")

    threading.Thread(target=serve, daemon=True).start()
    board = bench.board()
    install(board, ["requests"])
    board.claim(delay=200)
    board.run("import requests")
    assert board.ask(f"requests.get('https://{PEER}/', timeout=PATIENCE).text") == "secret"
    listening.close()
