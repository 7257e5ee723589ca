# SPDX-License-Identifier: Apache-2.0
"""Subscribers of one durable topic who lose their server, come back, and check what they are told."""

import collections
import errno
import re
import select
import socket
import time

import clients

# Connections that come about at a time: a server's backlog is not what is measured.
PENDING = 256
TEXT, CLOSE = 0x81, 0x88
OFFSET = re.compile(rb'"offset":(\d+)')
EPOCH = re.compile(rb'"epoch":"([^"]+)"')
TAIL_BYTES = 64


class Reader:
    """One subscriber over all its connections."""

    __slots__ = ("connection", "received", "phase", "last")

    def __init__(self):
        self.connection, self.received, self.phase, self.last = None, b"", "away", None


class Crowd:
    """Many readers of a topic on one thread; `faults` counts what was lost, doubled or not recovered."""

    def __init__(self, port, topic, count):
        self.port, self.topic = port, topic
        self.readers = [Reader() for _ in range(count)]
        self.poll = select.epoll()
        self.by_descriptor = {}
        self.absent = collections.deque()
        self.faults = collections.Counter()
        self.epoch, self.live = None, 0
        self.known = {}

    def come(self):
        """All who are away begin to come; `turn` goes on with it."""
        self.absent = collections.deque(reader for reader in self.readers if reader.phase == "away")

    @property
    def is_whole(self):
        return self.live == len(self.readers)

    def turn(self, seconds=0.02):
        """Reads what there is, and lets as many come as may."""
        while self.absent and len(self.by_descriptor) - self.live < PENDING:
            self._connect(self.absent.popleft())
        for descriptor, _ in self.poll.poll(seconds):
            reader = self.by_descriptor[descriptor]
            if reader.phase == "connecting":
                self._connected(reader)
            else:
                self._read(reader)

    def until(self, is_over, seconds, what):
        """Takes turns until something holds."""
        deadline = time.monotonic() + seconds
        while not is_over():
            if time.monotonic() > deadline:
                raise SystemExit(f"error: not within {seconds} s: {what}; {self.live} readers live")
            self.turn()

    def close(self):
        for reader in self.readers:
            if reader.connection:
                reader.connection.close()
        self.poll.close()

    # MARK: Coming

    def _connect(self, reader):
        reader.connection = clients.open_socket(id(reader) >> 6)
        reader.connection.setblocking(False)
        error = reader.connection.connect_ex(("127.0.0.1", self.port))
        if error not in (0, errno.EINPROGRESS):
            raise SystemExit(f"error: connecting: {errno.errorcode[error]}")
        reader.phase = "connecting"
        self.by_descriptor[reader.connection.fileno()] = reader
        self.poll.register(reader.connection, select.EPOLLOUT)

    def _connected(self, reader):
        if reader.connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            return self._leave(reader)
        reader.connection.send(clients.HANDSHAKE)
        reader.phase = "opening"
        self.poll.modify(reader.connection, select.EPOLLIN)

    def _subscribe(self, reader):
        place = {}
        if reader.last is not None:
            place = {"recover": True, "epoch": self.epoch, "offset": reader.last}
        reader.connection.send(clients.subscribing(self.topic, **place))
        reader.phase = "subscribing"

    # MARK: Reading

    def _read(self, reader):
        try:
            piece = reader.connection.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            return self._leave(reader)
        reader.received += piece
        if reader.phase == "opening":
            end = reader.received.find(b"\r\n\r\n")
            if end < 0:
                return
            reader.received = reader.received[end + 4 :]
            self._subscribe(reader)
        while (found := frame(reader.received)) is not None:
            kind, payload, size = found
            reader.received = reader.received[size:]
            if kind != TEXT:
                self.faults[f"closed with {int.from_bytes(payload[:2], 'big')}"] += 1
                self._leave(reader)
                return self.absent.append(reader)
            self._take(reader, payload)

    def _leave(self, reader):
        if reader.phase == "live":
            self.live -= 1
        else:
            # It comes again, and that takes longer.
            self.absent.append(reader)
        self.by_descriptor.pop(reader.connection.fileno())
        reader.connection.close()
        reader.connection, reader.received, reader.phase = None, b"", "away"

    def _take(self, reader, payload):
        if payload == b"{}":
            return reader.connection.send(clients.PONG)
        for line in payload.split(b"\n"):
            if line.startswith(b'{"id":2,'):
                self._answered(reader, line)
            elif b'"pub":' in line[:80]:
                self._follow(reader, int(OFFSET.findall(line, len(line) - TAIL_BYTES)[-1]))
            elif not line.startswith(b'{"id":1,"connect"'):
                raise SystemExit(f"error: a reader got {line[:300]!r}")

    def _follow(self, reader, offset):
        if reader.last is not None and offset != reader.last + 1:
            self.faults["events lost or doubled"] += abs(offset - reader.last - 1)
        reader.last = offset

    def _answered(self, reader, line):
        """Takes the answer to the subscription; most have the same, which is read once."""
        if line not in self.known:
            self.known[line] = Answer(line)
        answer = self.known[line]
        if reader.last is None:
            reader.last = answer.offset
            self.epoch = answer.epoch
        elif not answer.is_recovered or answer.epoch != self.epoch:
            self.faults["not recovered"] += 1
            reader.last = answer.offset
        else:
            self.faults["events lost or doubled"] += answer.missing_after(reader.last)
            reader.last = answer.offset
        reader.phase = "live"
        self.live += 1


class Answer:
    """What a subscription was answered with."""

    def __init__(self, line):
        if b'"error"' in line:
            raise SystemExit(f"error: a subscription was refused: {line[:300]!r}")
        before, _, publications = line.partition(b'"publications":[')
        self.told = [int(offset) for offset in OFFSET.findall(publications)]
        self.offset = int([b"0", *OFFSET.findall(before)][-1])
        self.epoch = EPOCH.search(line)[1].decode()
        self.is_recovered = b'"recovered":true' in line

    def missing_after(self, last):
        """How many offsets behind one are not told once and in order."""
        wanted = range(last + 1, self.offset + 1)
        return sum(own != other for own, other in zip(self.told, wanted)) + abs(len(self.told) - len(wanted))


def frame(received):
    """The first byte of the first frame, its payload, and how long the frame is; None when it is cut."""
    if len(received) < 2:
        return None
    size, start = received[1], 2
    if size >= 126:
        start = 4 if size == 126 else 10
        if len(received) < start:
            return None
        size = int.from_bytes(received[2:start], "big")
    if len(received) < start + size:
        return None
    if received[0] not in (TEXT, CLOSE):
        raise SystemExit(f"error: a reader got the frame {received[: start + size][:300]!r}")
    return received[0], received[start : start + size], start + size
