# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy that cuts connections off in the middle of a byte stream, in both directions."""

import asyncio
import math


class CuttingProxy:
    """Forwards to a server; each connection ends after a random number of bytes of either direction."""

    def __init__(self, target_port, chance, up_bytes=(30, 20_000), down_bytes=(100, 30_000)):
        self.target_port, self.chance = target_port, chance
        self.limits = {"up": up_bytes, "down": down_bytes}
        self.cuts = {"up": 0, "down": 0}
        self.is_calm = False
        self._tasks = {}

    async def start(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self):
        self._server.close()
        for writer in self._tasks.values():
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def calm(self):
        """Cuts nothing off any more."""
        self.is_calm = True

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks[task] = writer
        task.add_done_callback(self._tasks.pop)
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            return writer.transport.abort()
        pumps = [
            asyncio.ensure_future(self._pump("up", reader, back)),
            asyncio.ensure_future(self._pump("down", there, writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            for end in [writer, back]:
                # A reset drops what is on its way, an orderly end does not; both happen.
                (end.transport.abort if self.chance.random() < 0.5 else end.close)()

    async def _pump(self, direction, reader, writer):
        low, high = self.limits[direction]
        left = int(math.exp(self.chance.uniform(math.log(low), math.log(high))))
        try:
            while data := await reader.read(65_536):
                if not self.is_calm and len(data) > left:
                    writer.write(data[:left])
                    self.cuts[direction] += 1
                    return
                left -= len(data)
                writer.write(data)
                await writer.drain()
        except OSError:
            return
