# SPDX-License-Identifier: Apache-2.0
"""A WebSocket client on a bare socket: it reads only when told to, and can be cut off."""

import base64
import hashlib
import json
import os
import socket
import struct
import time

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Closed(Exception):
    """The server closed the connection; code is None where it sent no close frame."""

    def __init__(self, code, reason=""):
        super().__init__(f"closed with {code} {reason}")
        self.code, self.reason = code, reason


class RawWebSocket:
    """Frames in and out; nothing is answered or read behind the test's back."""

    def __init__(self, port, path="/ws", receive_buffer_bytes=None):
        self._socket = socket.socket()
        if receive_buffer_bytes:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        self._socket.settimeout(10)
        self._socket.connect(("127.0.0.1", port))
        self._buffer = bytearray()
        self._start = 0
        self._shake_hands(port, path)

    def _shake_hands(self, port, path):
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\n"
            f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        while b"\r\n\r\n" not in self._buffer:
            self._fill()
        head, _, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        self._buffer = bytearray(rest)
        accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest())
        assert head.startswith(b"HTTP/1.1 101"), head.decode()
        assert accept in head, f"no valid Sec-WebSocket-Accept in {head.decode()}"

    def send_text(self, text):
        self.send_frame(TEXT, text.encode())

    def send_frame(self, opcode, payload):
        mask = os.urandom(4)
        length = len(payload)
        if length < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | length)
        elif length < 1 << 16:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, length)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, length)
        repeated = (mask * (length // 4 + 1))[:length]
        masked = (int.from_bytes(payload) ^ int.from_bytes(repeated)).to_bytes(length)
        self._socket.sendall(head + mask + masked)

    def read_text(self, seconds=10.0):
        """Returns the next text message; answers WebSocket pings; raises Closed, TimeoutError."""
        self._socket.settimeout(seconds)
        while True:
            opcode, payload = self._read_frame()
            if opcode == TEXT:
                return payload.decode()
            if opcode == PING:
                self.send_frame(PONG, payload)
            if opcode == CLOSE:
                code = struct.unpack("!H", payload[:2])[0] if payload else None
                raise Closed(code, payload[2:].decode())

    def _read_frame(self):
        self._need(2)
        opcode, length = self._buffer[self._start] & 0x0F, self._buffer[self._start + 1]
        head = 2
        if length >= 126:
            size = 2 if length == 126 else 8
            self._need(2 + size)
            length = int.from_bytes(self._buffer[self._start + 2 : self._start + 2 + size])
            head += size
        self._need(head + length)
        payload = bytes(self._buffer[self._start + head : self._start + head + length])
        self._start += head + length
        return opcode, payload

    def _need(self, count):
        while len(self._buffer) - self._start < count:
            if self._start:
                del self._buffer[: self._start]
                self._start = 0
            self._fill()

    def _fill(self):
        try:
            chunk = self._socket.recv(1 << 18)
        except ConnectionResetError as error:
            raise Closed(None, "reset") from error
        if not chunk:
            raise Closed(None, "end of stream, no close frame")
        self._buffer += chunk

    def cut(self):
        """Breaks the connection at once: a TCP reset, no close frame."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    close = cut


class RawCentrifuge:
    """The Centrifuge JSON protocol, one line at a time, on a RawWebSocket."""

    def __init__(self, port, connect=True, **options):
        self.socket = RawWebSocket(port, **options)
        self.pushes = []
        self._id = 0
        self._lines = []
        if connect:
            self.connected = self.request("connect", {})

    def send(self, *commands):
        """Sends the commands in one frame, one JSON object a line."""
        self.socket.send_text("\n".join(json.dumps(command) for command in commands))

    def read(self, seconds=10.0):
        """Returns the next object, a reply or a push; answers pings."""
        while True:
            while not self._lines:
                self._lines = [line for line in self.socket.read_text(seconds).split("\n") if line]
            message = json.loads(self._lines.pop(0))
            if message:
                return message
            self.send({})

    def reply_to(self, identifier, seconds=10.0):
        """Returns the reply with the id; pushes that come before it are kept in `pushes`."""
        deadline = time.monotonic() + seconds
        while True:
            message = self.read(max(0.001, deadline - time.monotonic()))
            if message.get("id") == identifier:
                return message
            assert "push" in message, f"waiting for reply {identifier}, got {message}"
            self.pushes.append(message["push"])

    def request(self, method, fields):
        """Sends one command; returns its result, or fails with the error."""
        reply = self.ask(method, fields)
        assert "error" not in reply, f"{method} {fields} was refused: {reply['error']}"
        return reply.get(method, {})

    def ask(self, method, fields):
        """Sends one command; returns the whole reply."""
        self._id += 1
        self.send({"id": self._id, method: fields})
        return self.reply_to(self._id)

    def next_push(self, seconds=10.0):
        if self.pushes:
            return self.pushes.pop(0)
        message = self.read(seconds)
        assert "push" in message, f"expected a push, got {message}"
        return message["push"]

    def next_publication(self, channel, seconds=10.0):
        push = self.next_push(seconds)
        is_wanted = push.get("channel") == channel and "pub" in push
        assert is_wanted, f"expected a publication in {channel}: {push}"
        return push["pub"]

    def cut(self):
        self.socket.cut()
