# SPDX-License-Identifier: MIT
"""A page, a stream, a websocket and server-sent events."""

from microdot import Microdot
from microdot.sse import with_sse
from microdot.websocket import with_websocket

app = Microdot()


@app.get("/")
async def page(request):
    return "the page of " + NAME


@app.get("/stream")
async def stream(request):
    def numbers():
        for number in range(10):
            yield "%d\n" % number

    return numbers()


@app.get("/events")
@with_sse
async def events(request, sse):
    for number in range(3):
        await sse.send({"number": number})


@app.get("/echo")
@with_websocket
async def echo(request, ws):
    while True:
        await ws.send(await ws.receive())


def main():
    app.run(port=80)
