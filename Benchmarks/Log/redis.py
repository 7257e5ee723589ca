# SPDX-License-Identifier: Apache-2.0
"""Redis Streams with an append-only file, driven by the client that comes with it."""

import shutil
import subprocess

from servers import Server

PAYLOAD = "x" * 128
KEY = "events"


def is_there():
    """Whether Redis can be started here."""
    return bool(shutil.which("redis-server") and shutil.which("redis-benchmark"))


class Redis:
    """A Redis with one policy of syncing its file, and how fast events can be added to a stream."""

    def __init__(self, bench, policy):
        directory = bench.path(f"redis-{policy}")
        directory.mkdir()
        self.name = f"Redis Streams, appendfsync {policy}"
        command = [
            "redis-server", "--port", "@PORT@", "--bind", "127.0.0.1", "--dir", str(directory), "--save", "",
            "--appendonly", "yes", "--appendfsync", policy, "--auto-aof-rewrite-percentage", "0",
            "--loglevel", "warning",
        ]  # fmt: skip
        self.server = bench.keep(Server(self.name, command))
        self.per_second = {}

    def publish(self, publishers, seconds):
        """Events added a second over so many connections, each of which waits for its answer."""
        rate = self.per_second.get(publishers) or self._add(publishers, 200 + 20 * publishers)
        rate = self._add(publishers, max(publishers, int(rate * seconds)))
        self.per_second[publishers] = rate
        return rate

    def _add(self, publishers, count):
        command = ["redis-benchmark", *self._port(), "-c", str(publishers), "-n", str(count), "--csv"]
        done = subprocess.run(
            [*command, "XADD", KEY, "*", "d", PAYLOAD], stdout=subprocess.PIPE, text=True, timeout=300, check=True
        )
        subprocess.run(["redis-cli", *self._port(), "UNLINK", KEY], stdout=subprocess.DEVNULL, check=True)
        # The last line holds the name of the test, then how many a second.
        return float(done.stdout.strip().splitlines()[-1].rsplit('","', 7)[1].strip('"'))

    def _port(self):
        return ["-p", str(self.server.port)]
