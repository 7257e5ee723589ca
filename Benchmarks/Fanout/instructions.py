# SPDX-License-Identifier: Apache-2.0
"""How much code a request and a connection run, counted by valgrind: the same on every day and machine.

Of that code the lines that are not in a first-level cache of 32 KiB are what a loop pays most for, as soon
as it does more than a few things in turn.
"""

import contextlib
import pathlib
import shutil
import subprocess

import clients
import servers
from statistic import single

TOPIC = "bench"
OPENING = clients.HANDSHAKE.replace(b"GET /ws ", b"GET /ws?topic=%s " % TOPIC.encode())


class CountedServer:
    """A Weir under callgrind, which counts while it is told to."""

    def __init__(self, bench):
        self.output = pathlib.Path(bench.directory, "callgrind.out")
        counting = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={self.output}"]
        counting += ["--instr-atstart=no", "--cache-sim=yes", "--I1=32768,8,64", "--quiet"]
        self.server = bench.keep(
            servers.start_weir(bench.arguments.weir, bench.directory, "counted weir", prefix=counting)
        )
        self.dumps = 0

    def _control(self, *words):
        command = ["callgrind_control", *words, str(self.server.pid)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def count(self, work):
        """What runs while `work` does, by the name of the event."""
        self._control("--instr=on")
        work()
        self._control("--instr=off")
        self._control("--dump")
        self.dumps += 1
        lines = pathlib.Path(f"{self.output}.{self.dumps}").read_text().splitlines()
        found = dict(line.split(": ", 1) for line in lines if line.startswith(("events: ", "totals: ")))
        return dict(zip(found["events"].split(), map(int, found["totals"].split())))


def publish(connection, count):
    """Publishes one event after the other."""
    for number in range(count):
        data = '{"sequence":%d,"text":"%s"}' % (10_000_000 + number, "x" * 96)
        connection.sendall(clients.publish_request(TOPIC, data))
        clients.read_until(connection, b'"accepted":1}\n')


def subscribe(stack, port, count):
    """Opens WebSockets that subscribe with their handshake, and stay."""
    for number in range(count):
        connection = stack.enter_context(clients.connect(port, number))
        connection.sendall(OPENING)
        clients.read_until(connection, b'"subscribe"')


def instructions(bench, _all_servers):
    """A request with one event, and a WebSocket whose address names its topic."""
    if not (shutil.which("valgrind") and shutil.which("callgrind_control")):
        bench.say("  left out: valgrind is missing (apt-get install valgrind)")
        return
    count = 200 if bench.is_quick else 1_000
    counted = CountedServer(bench)
    port = counted.server.port
    with contextlib.ExitStack() as stack:
        publisher = stack.enter_context(clients.connect(port))
        # The first fill the topic: from then on one leaves it for each that comes.
        publish(publisher, 5_000)
        report(bench, "a request with one event", counted.count(lambda: publish(publisher, count)), count)
        subscribe(stack, port, count)
        found = counted.count(lambda: subscribe(stack, port, count))
        report(bench, "a WebSocket with its topic in the address", found, count)
    counted.server.stop()


def report(bench, words, found, count):
    bench.add(single(f"{words}: instructions", "", [found["Ir"] / count]))
    missed = single(f"{words}: lines of code fetched", "", [found["I1mr"] / count])
    bench.add(missed | {"why": "those that a first-level cache of 32 KiB does not hold"})
