# SPDX-License-Identifier: Apache-2.0
"""What publishers were told, and whether a topic's log agrees with it."""

import collections
import threading
import typing

from support.facts import milliseconds


class Acknowledgement(typing.NamedTuple):
    """A batch that a publisher was told is stored; `first` is None where no offset was told."""

    by: str
    batch: int
    count: int
    first: int | None


def batch_data(by, batch, count, padding=""):
    """The data of the events of one batch: each names itself."""
    return [{"by": by, "batch": batch, "n": n, "padding": padding} for n in range(count)]


def identity(data):
    return data["by"], data["batch"], data["n"]


class Ledger:
    """What all publishers of one topic have sent and what was acknowledged; safe to share."""

    def __init__(self, topic):
        self.topic = topic
        self.epoch = None
        self._lock = threading.Lock()
        self._sent = {}
        self._acknowledged = []

    def note_sent(self, by, batch, count):
        with self._lock:
            self._sent[by, batch] = count

    def note_acknowledged(self, by, batch, count, receipt=None):
        """Keeps what was told; a receipt is the body of the answer."""
        with self._lock:
            if receipt:
                self._check_receipt(by, batch, count, receipt)
            first = receipt["firstOffset"] if receipt else None
            self._acknowledged.append(Acknowledgement(by, batch, count, first))

    def _check_receipt(self, by, batch, count, receipt):
        # A problem that tells what was stored before it names no epoch.
        epoch = receipt.get("epoch", self.epoch)
        self.epoch = self.epoch or epoch
        assert epoch == self.epoch, f"{by} {batch}: the epoch was {self.epoch}, now {receipt}"
        width = receipt["lastOffset"] - receipt["firstOffset"] + 1
        assert receipt["accepted"] == count, f"{by} {batch}: {count} were to be accepted: {receipt}"
        assert width >= count, f"{by} {batch}: {count} events in {receipt}"

    @property
    def acknowledged_count(self):
        with self._lock:
            return len(self._acknowledged)

    def acknowledgements(self, after=0):
        with self._lock:
            return self._acknowledged[after:]

    def was_sent(self, by, batch, n):
        with self._lock:
            return n < self._sent.get((by, batch), 0)


class CheckedLog:
    """A topic's log as its history tells it, read piece by piece and compared with the ledger."""

    def __init__(self, ledger):
        self.ledger = ledger
        self.events = []
        self._offsets = {}
        self._settled_count = 0
        self._deleted = 0
        self._last_offset_of = collections.Counter()

    def read_on(self, api):
        """Reads what is new; every event acknowledged before that must be there now."""
        acknowledged = self.ledger.acknowledgements(self._settled_count)
        after = len(self.events)
        while after is not None:
            page = api.page(self.ledger.topic, after)
            assert "gap" not in page, f"{self.ledger.topic} after {after} lacks {page['gap']}"
            assert self.ledger.epoch in (None, page["epoch"]), (
                f"the epoch of {self.ledger.topic} was {self.ledger.epoch}, now {page['epoch']}"
            )
            self.take(page["events"])
            after = page["next"]
        self.settle(acknowledged)

    def take(self, events):
        """Checks that the events go on where those before ended: no hole, nothing twice or foreign."""
        for event in events:
            before = self.events[-1] if self.events else {"offset": self._deleted, "time": 0}
            where = f"{self.ledger.topic}: after {before} came {event}"
            assert event["offset"] == before["offset"] + 1, f"a hole in {where}"
            assert milliseconds(event["time"]) >= milliseconds(before["time"]), f"time goes back in {where}"
            name = identity(event["data"])
            assert name not in self._offsets, f"stored twice, first at {self._offsets[name]}, in {where}"
            assert self.ledger.was_sent(*name), f"nobody sent it: {where}"
            self._offsets[name] = event["offset"]
            self.events.append(event)

    def begin_after(self, offset):
        """Retention has deleted what stands up to the offset, and whoever asks for it is told so."""
        self._deleted = offset

    def settle(self, acknowledgements):
        """Checks that each acknowledged event is there, where it was said to be, in its publisher's order."""
        for told in acknowledgements:
            if self._deleted and (told.first is None or told.first <= self._deleted):
                continue
            offsets = [self._offsets.get((told.by, told.batch, n)) for n in range(told.count)]
            where = f"{self.ledger.topic}, {len(self.events)} events: {told} is at {offsets}"
            assert None not in offsets, f"acknowledged and not there: {where}"
            if told.first is not None:
                assert offsets[0] == told.first, f"not where it was acknowledged: {where}"
            assert offsets == sorted(offsets), f"out of order: {where}"
            last = self._last_offset_of[told.by]
            assert offsets[0] > last, f"out of order, the one before ends at {last}: {where}"
            self._last_offset_of[told.by] = offsets[-1]
        self._settled_count += len(acknowledgements)


def check_whole(ledger, api):
    """Reads the whole log anew and compares it with all that was acknowledged."""
    log = CheckedLog(ledger)
    log.read_on(api)
    return log
