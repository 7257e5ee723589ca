# SPDX-License-Identifier: Apache-2.0
"""The bytes of clients on bare sockets, for what `weir bench fanout` does not do."""

import json
import socket
import struct

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
CLOSE = b"\x88\x82\0\0\0\0" + struct.pack("!H", 1000)
PING, PONG = b"\x81\x02{}", b"\x81\x82\0\0\0\0{}"
# Chooses the port when the socket connects, so that a port can serve several addresses.
BIND_ADDRESS_NO_PORT = 24


class Closed(SystemExit):
    """The server closed a connection; who does not expect that ends with it."""


def text_frame(text):
    """A message in one frame. The mask is zero, which leaves the bytes as they are."""
    payload = text.encode()
    if len(payload) < 126:
        return struct.pack("!BB", 0x81, 0x80 | len(payload)) + bytes(4) + payload
    return struct.pack("!BBH", 0x81, 0x80 | 126, len(payload)) + bytes(4) + payload


def subscribing(*topics, **terms):
    """The message that connects and subscribes; the last reply has the id 1 + the number of topics.

    `terms` are further fields of each subscription, such as `data`.
    """
    commands = [{"id": 1, "connect": {}}]
    for number, topic in enumerate(topics, 2):
        commands.append({"id": number, "subscribe": {"channel": topic} | terms})
    return text_frame("\n".join(map(json.dumps, commands)))


def event_stream_request(topic):
    return f"GET /v1/events?topic={topic} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def publish_request(topic, data):
    head = f"POST /v1/topics/{topic}/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(data)}\r\n\r\n{data}".encode()


def reset_on_close(connection):
    """Makes closing the socket a TCP reset, as when a machine dies."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def open_socket(number=0):
    """A socket with one of 200 addresses of its own, so that the ports of one do not run out."""
    connection = socket.socket()
    connection.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
    connection.bind((f"127.0.0.{1 + number % 200}", 0))
    return connection


def connect(port, number=0):
    connection = open_socket(number)
    connection.settimeout(30)
    connection.connect(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def read_until(connection, wanted):
    """Reads until some bytes have come; returns all that came."""
    found = b""
    while wanted not in found:
        piece = connection.recv(1 << 16)
        if not piece:
            raise Closed(f"error: the server closed a connection after {found[-300:]!r}")
        found += piece
    return found


def subscribe(connection, *topics, **terms):
    """Shakes hands and subscribes on a connected socket; returns what the server answered."""
    connection.sendall(HANDSHAKE)
    read_until(connection, b"\r\n\r\n")
    connection.sendall(subscribing(*topics, **terms))
    return _answer(connection, 1 + len(topics))


def subscribe_too(connection, number, topic):
    """Subscribes to another topic, with a command of that number."""
    connection.sendall(text_frame(json.dumps({"id": number, "subscribe": {"channel": topic}})))
    return _answer(connection, number)


def _answer(connection, number):
    answer = read_until(connection, b'{"id":%d,' % number)
    if b'"error"' in answer:
        raise SystemExit(f"error: a subscription was refused: {answer[-300:]!r}")
    return answer
