"""A way to the broker that can be cut: TCP, link by link or all of it.

    with Relay(broker.port) as relay:     # agents dial relay.port
        relay.drop(0.5)                   # about half of the links end; new ones are taken
        relay.cut()                       # all end, and nobody answers any more
        relay.mend()                      # the port answers again; relay.accepted holds when each link came
"""
import asyncio
import random
import threading
import time

from . import places

PIECE = 65536


class Relay:
    def __init__(self, target, seed=1):
        self.target, self.port = target, places.free_ports(1)[0]
        self.accepted, self.dropped = [], 0
        self._links, self._server, self._dice = {}, None, random.Random(seed)

    def __enter__(self):
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(lambda *_: None)
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.mend()
        return self

    def __exit__(self, *_):
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)

    def links(self):
        return len(self._links)

    def mend(self):
        self._do(self._listen())

    def cut(self):
        self._do(self._close())

    def drop(self, share=1.0):
        """Ends each link with this probability; how many."""
        return self._do(self._drop(share))

    # -- in the loop

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _listen(self):
        self._server = await asyncio.start_server(self._link, "127.0.0.1", self.port, reuse_address=True, backlog=1024)

    async def _close(self):
        if self._server:
            self._server.close()
        self._server = None
        await self._drop(1)

    async def _drop(self, share):
        doomed = [link for link in self._links if self._dice.random() < share]
        for link in doomed:
            for writer in self._links.pop(link):
                writer.transport.abort()
        self.dropped += len(doomed)
        return len(doomed)

    async def _link(self, reader, writer):
        self.accepted.append(time.monotonic())
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        link = object()
        self._links[link] = (writer, back)
        try:
            await asyncio.gather(self._carry(reader, back), self._carry(there, writer))
        finally:
            for w in self._links.pop(link, ()):
                w.transport.abort()

    async def _carry(self, source, target):
        try:
            while data := await source.read(PIECE):
                target.write(data)
                await target.drain()
            target.write_eof()
        except OSError:
            target.transport.abort()
