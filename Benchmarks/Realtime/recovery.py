# SPDX-License-Identifier: Apache-2.0
"""All readers of a durable topic lose their server and come back at once."""

import contextlib
import json
import pathlib
import signal
import subprocess
import time

import clients
from harness import beside
from processes import processor_seconds
from returning import Crowd
from servers import Server, free_port
from statistic import Ratio, single

MAIN, BESIDE = "recovered", "beside"
# Events a second: of the topic that all read, and of the one beside it, whose publisher is measured.
MAIN_RATE, BESIDE_RATE, BESIDE_CONNECTIONS = 2, 100, 16
# What is published while all are away, of at most 300 that are recovered.
MISSED = 100
CALM_SECONDS, PATIENCE_SECONDS = 3, 120
READY = b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


def recover(bench):
    """How long it takes, what is lost, and what a publisher notices of it."""
    count = bench.size(10_000, 300)
    runs = [Run(bench, count, number) for number in range(min(3, bench.arguments.pairs))]
    words = f"{count:,} readers after kill -9, {MISSED} events missed"
    took = single(f"{words}: from ready until the last has recovered", "s", [run.seconds for run in runs], 5)
    used = ", ".join(f"{run.server_seconds:.1f} and {run.own_seconds:.1f} s" for run in runs)
    bench.add(took | {"why": f"{took['why']}; processor time of server and readers: {used}"})
    faults = sum(sum(run.faults.values()) for run in runs)
    row = single(f"{words}: lost, doubled, or told as not recovered", "events", [faults], 0)
    kinds = {name: sum(run.faults[name] for run in runs) for run in runs for name in run.faults}
    bench.add(row | {"why": ", ".join(f"{number} {name}" for name, number in kinds.items()) or "none"})
    bench.add(single(f"{words}: from the start until ready", "s", [run.start_seconds for run in runs]))
    row = Ratio([run.late for run in runs], [run.late_before for run in runs])
    bench.add(row.row(f"{words}: p99 of {BESIDE_RATE} publishes a second meanwhile", "ms", "before the restart"))


class Run:
    """One restart and what came of it."""

    def __init__(self, bench, count, number):
        self.bench, self.port = bench, free_port()
        path = pathlib.Path(bench.directory, f"recovery-{number}")
        settings = {
            "port": self.port, "machine": False, "loops": bench.arguments.loops, "data": str(path),
            "durable": {MAIN: "full", BESIDE: "full"},
        }  # fmt: skip
        path.with_suffix(".json").write_text(json.dumps(settings))
        self.command = [bench.arguments.weir, "serve", "--config", str(path.with_suffix(".json"))]
        server = self._start()
        crowd = Crowd(self.port, MAIN, count)
        crowd.come()
        crowd.until(lambda: crowd.is_whole, PATIENCE_SECONDS, "all readers subscribed")
        program = pathlib.Path(__file__).with_name("steady.py")
        with contextlib.closing(crowd), beside(program, self.port, MAIN, MAIN_RATE) as publisher:
            with self._measured(server, crowd, "late_before"):
                self._take_turns(crowd, CALM_SECONDS)
            server.process.kill()
            server.process.wait()
            crowd.until(lambda: crowd.live == 0, PATIENCE_SECONDS, "all connections lost")
            server = self._start()
            self._come_back(crowd, server)
            self._take_turns(crowd, CALM_SECONDS)
            self._end(crowd, publisher)
        server.stop()
        bench.say(f"    {self.seconds:.2f} s")

    def _start(self):
        began = time.monotonic()
        server = self.bench.keep(Server("weir", self.command, "weir", self.port))
        while b" 200 " not in self._ask(READY):
            if time.monotonic() - began > PATIENCE_SECONDS:
                raise SystemExit(f"error: weir is not ready after {PATIENCE_SECONDS} s")
            time.sleep(0.005)
        self.ready = time.monotonic()
        self.start_seconds = self.ready - began
        return server

    def _ask(self, request):
        with contextlib.closing(clients.connect(self.port)) as connection:
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(1 << 16), b""))

    def _publish_missed(self):
        lines = "".join(f'{{"m":{number},"pad":"{"x" * 100}"}}\n' for number in range(MISSED)).encode()
        head = f"POST /v1/topics/{MAIN}/events HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        kind = f"Content-Type: application/x-ndjson\r\nContent-Length: {len(lines)}\r\n\r\n"
        answer = self._ask((head + kind).encode() + lines)
        if f'"accepted":{MISSED}'.encode() not in answer:
            raise SystemExit(f"error: not all events were accepted: {answer[-300:]!r}")

    def _come_back(self, crowd, server):
        before, own = processor_seconds(server.pid), time.process_time()
        with self._measured(server, crowd, "late"):
            self._publish_missed()
            crowd.come()
            crowd.until(lambda: crowd.is_whole, PATIENCE_SECONDS, "all readers came back")
            self.seconds = time.monotonic() - self.ready
            self.server_seconds = processor_seconds(server.pid) - before
            self.own_seconds = time.process_time() - own

    @contextlib.contextmanager
    def _measured(self, server, crowd, name):
        """Publishes to another durable topic meanwhile; notes under the name the p99, in ms, of being accepted."""
        options = (
            "--subscribers", 0, "--topic", BESIDE, "--publishers", BESIDE_CONNECTIONS, "--rate", BESIDE_RATE,
            "--warmup", 0,
        )  # fmt: skip
        command = self.bench.command(server, PATIENCE_SECONDS, *options)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            yield
            # What is on its way is still waited for.
            process.send_signal(signal.SIGINT)
            crowd.until(lambda: process.poll() is not None, PATIENCE_SECONDS, "the publisher's figures")
            told = process.stdout.read()
        finally:
            process.kill()
            process.wait()
        if process.returncode:
            raise SystemExit(f"error: {' '.join(command)} ended with {process.returncode}")
        setattr(self, name, json.loads(told)["answerMicroseconds"]["p99"] / 1000)

    def _take_turns(self, crowd, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            crowd.turn()

    def _end(self, crowd, publisher):
        """Each accepted event must have come to each reader, once and in order."""
        publisher.stdin.close()
        last = int(publisher.stdout.read()) + MISSED
        deadline = time.monotonic() + CALM_SECONDS
        while time.monotonic() < deadline and any(reader.last < last for reader in crowd.readers):
            crowd.turn()
        crowd.faults["events that did not come"] += sum(max(0, last - reader.last) for reader in crowd.readers)
        crowd.faults["events that nobody published"] += sum(max(0, reader.last - last) for reader in crowd.readers)
        self.faults = +crowd.faults
