# SPDX-License-Identifier: Apache-2.0
"""Publishers that go on across restarts of their server and keep a ledger of what they were told."""

import json
import random
import threading

import httpx

from support.ledger import batch_data
from support.sockets import Closed, RawCentrifuge

PAUSE_SECONDS = 0.05
# A server that stops, is held up or has no disk says one of these; another one fails the test.
PASSING_STATUSES = {408, 409, 503, 504}
PASSING_CODES = {100, 108, 111}


class Publisher(threading.Thread):
    """A thread that publishes batch after batch until it is stopped or meets a fault."""

    def __init__(self, server, ledger, name, seed=0, pause_seconds=0.0):
        super().__init__(name=name, daemon=True)
        self.server, self.ledger = server, ledger
        self.chance = random.Random(f"{name} {seed}")
        self.fault = None
        self._pause_seconds = pause_seconds
        self._stopped = threading.Event()
        self._batch = 0
        self._refused_in_turn = 0

    def run(self):
        try:
            while not self._stopped.wait(self._pause_seconds * self.chance.random()):
                self.publish_next()
        except BaseException as error:
            self.fault = error

    def stop(self):
        """Ends it after the batch that is under way; fails with what it met."""
        self._stopped.set()
        self.join(60)
        assert not self.is_alive(), f"{self.name} still publishes"
        self.check()

    def check(self):
        if self.fault:
            raise AssertionError(f"{self.name}: {self.fault!r}") from self.fault

    def pause(self):
        self._stopped.wait(PAUSE_SECONDS)

    @property
    def is_stopped(self):
        return self._stopped.is_set()

    def next_batch(self, count):
        """Makes the next batch; it counts as sent from now on."""
        self._batch += 1
        self.ledger.note_sent(self.name, self._batch, count)
        return batch_data(self.name, self._batch, count, "x" * self.chance.choice([0, 10, 200]))

    def publish_next(self):
        raise NotImplementedError


class HTTPPublisher(Publisher):
    """Publishes by POST; `form` is json (one event), array or ndjson; with keys it repeats until it is answered."""

    def __init__(self, server, ledger, form, keyed=False, label="", **options):
        super().__init__(server, ledger, f"{label}{form}{'-keyed' if keyed else ''}", **options)
        self.form, self.keyed = form, keyed
        self._client = httpx.Client(timeout=60)
        self._told = []

    def publish_next(self):
        data = self.next_batch(self._count())
        batch = self._batch
        headers = {"Idempotency-Key": f"{self.name} {batch}"} if self.keyed else {}
        while True:
            receipt = self._post(data, headers)
            if receipt:
                self.ledger.note_acknowledged(self.name, batch, receipt["accepted"], receipt)
                if self.keyed:
                    self._told.append((batch, data, receipt))
                    self._repeat_an_old_one()
                return
            self.pause()
            # What became of it is not known; only with a key it can be sent again.
            if not self.keyed or self.is_stopped:
                return

    def _count(self):
        match self.form:
            case "json":
                return 1
            case "array":
                return self.chance.randint(2, 20)
            case "ndjson":
                return self.chance.choice([1, 10, 20, 20, 50, 50, 50, 1_500])
        raise ValueError(self.form)

    def _repeat_an_old_one(self):
        """A key of any earlier batch, told before or after the last restart, still gets its first answer."""
        if self.chance.random() > 0.2:
            return
        batch, data, first = self.chance.choice(self._told)
        again = self._post(data, {"Idempotency-Key": f"{self.name} {batch}"})
        assert again in (None, first), f"batch {batch} was answered {first}, its repetition {again}"

    def _post(self, data, headers):
        """Returns the receipt, or None where nothing is known."""
        try:
            response = self._client.post(
                f"{self.server.url}/v1/topics/{self.ledger.topic}/events", **self._body(data, headers)
            )
        except httpx.TransportError:
            return None
        if response.status_code == 200:
            return response.json()
        assert response.status_code in PASSING_STATUSES, f"{response.status_code}: {response.text}"
        body = response.json()
        # NDJSON tells what was stored before the error.
        return body if body.get("accepted") else None

    def _body(self, data, headers):
        if self.form == "ndjson":
            lines = "".join(json.dumps(item) + "\n" for item in data)
            return {"content": lines, "headers": headers | {"Content-Type": "application/x-ndjson"}}
        return {"json": data[0] if self.form == "json" else data, "headers": headers}


class WebSocketPublisher(Publisher):
    """Publishes up to eight events in one frame and reads their replies, which tell no offsets."""

    def __init__(self, server, ledger, **options):
        super().__init__(server, ledger, "websocket", **options)
        self._client = None
        self._command = 0

    def publish_next(self):
        try:
            self._client = self._client or RawCentrifuge(self.server.port)
            self._publish_frame()
        except (OSError, Closed):
            self._client = None
            self.pause()
        except AssertionError:
            # The handshake is refused by a server that stops.
            if self._client:
                raise
            self.pause()

    def _publish_frame(self):
        commands, waiting = [], {}
        for _ in range(self.chance.randint(1, 8)):
            data = self.next_batch(1)[0]
            self._command += 1
            waiting[1_000 + self._command] = self._batch
            publish = {"channel": self.ledger.topic, "data": data}
            commands.append({"id": 1_000 + self._command, "publish": publish})
        self._client.send(*commands)
        while waiting:
            reply = self._client.read(60)
            batch = waiting.pop(reply["id"])
            if "error" not in reply:
                self.ledger.note_acknowledged(self.name, batch, 1)
            else:
                assert reply["error"]["code"] in PASSING_CODES, reply


def stop_all(publishers):
    for publisher in publishers:
        publisher._stopped.set()
    for publisher in publishers:
        publisher.stop()
