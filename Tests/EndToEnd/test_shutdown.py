# SPDX-License-Identifier: Apache-2.0
"""SIGINT and SIGTERM end the server in order, whoever is connected."""

import collections
import signal
import socket
import threading
import time

import httpx
import pytest
import websockets

from support.api import API
from support.process import wait_until
from support.readers import EventStreamReader, WebSocketReader
from support.sockets import RawCentrifuge

LIMIT_SECONDS = 2.0
REQUEST = (
    b"POST /v1/topics/kept/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Type: application/json\r\nContent-Length: 1\r\n\r\n1"
)
SIGNALS = [signal.SIGINT, signal.SIGTERM]


def end(server, number):
    """Sends the signal; returns the exit status, having checked the time it took."""
    started = time.monotonic()
    server.send_signal(number)
    status = server.wait(10)
    seconds = time.monotonic() - started
    assert seconds <= LIMIT_SECONDS, f"the server took {seconds:.2f} s to end"
    return status


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_server_alone_ends_with_status_0(server, number):
    assert end(server, number) == 0


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_sessions_close_with_3001_after_their_last_event(server, api, number):
    web_socket, event_stream = WebSocketReader(server, "news"), EventStreamReader(server, "news")
    for reader in (web_socket, event_stream):
        reader.open()
    api.publish("news", [{"n": n} for n in range(100)])
    assert end(server, number) == 0

    web_socket.read(100, 5)
    with pytest.raises(websockets.ConnectionClosed) as closed:
        web_socket.read(1, 5)
    assert closed.value.rcvd is not None, f"no close frame: {closed.value!r}"
    assert closed.value.rcvd.code == 3001, closed.value.rcvd

    event_stream.read(100, 5)
    with pytest.raises(StopIteration):  # an orderly end of the body, not a broken connection
        event_stream.read(1, 5)


def test_a_subscriber_that_never_reads_does_not_delay_the_end(server, api):
    stuck = RawCentrifuge(server.port, receive_buffer_bytes=1 << 16)
    stuck.request("subscribe", {"channel": "news"})
    for _ in range(20):
        api.publish("news", ["x" * 1000] * 500)
    assert end(server, signal.SIGTERM) == 0
    stuck.cut()


def test_what_was_accepted_before_the_end_was_answered(server, api):
    """A publish under way either gets its answer or is refused; the server does not hang on it."""
    answers, refusals = [], []

    def publish():
        own = API(server.url)
        try:
            while True:
                answers.append(own.publish("busy", [{"n": n} for n in range(50)])["accepted"])
        except (httpx.TransportError, AssertionError) as refused:
            refusals.append(refused)

    thread = threading.Thread(target=publish)
    thread.start()
    while not answers:
        time.sleep(0.01)
    assert end(server, signal.SIGTERM) == 0
    thread.join(10)
    assert set(answers) == {50} and len(refusals) == 1, (answers[-3:], refusals)


def connect(server, count):
    return [socket.create_connection(("127.0.0.1", server.port), 10) for _ in range(count)]


@pytest.mark.parametrize("turn", range(4))
def test_requests_sent_before_the_signal_are_answered(start_server, turn):
    """A stopped process has the requests and the signal before it, in whatever order it then looks."""
    server = start_server(config={"drain": "2s"})
    connections = connect(server, 100)
    for connection in connections:
        connection.sendall(REQUEST)
        assert b'"accepted":1' in connection.recv(4096)
    server.send_signal(signal.SIGSTOP)
    # Nobody has accepted these.
    connections += connect(server, 20)
    for connection in connections:
        connection.sendall(REQUEST)
    server.send_signal(signal.SIGTERM)
    server.send_signal(signal.SIGCONT)
    answers = collections.Counter()
    for connection in connections:
        with connection:
            try:
                answers[connection.recv(4096)[:12]] += 1
            except ConnectionResetError as reset:
                answers[repr(reset)] += 1
    assert server.wait(10) == 0
    assert answers.keys() <= {b"HTTP/1.1 200", b"HTTP/1.1 503"}, answers


def test_connecting_is_refused_while_the_server_ends(start_server):
    """Whoever is refused asks elsewhere at once; a connection that nobody accepts would only hang."""
    server = start_server(config={"drain": "4s"})
    with connect(server, 1)[0] as kept:
        kept.sendall(REQUEST)
        assert b'"accepted":1' in kept.recv(4096)
        server.send_signal(signal.SIGTERM)

        def is_refused():
            try:
                with connect(server, 1)[0] as late:
                    late.sendall(REQUEST)
                    assert late.recv(4096).startswith(b"HTTP/1.1 "), "accepted, but not answered"
            except ConnectionRefusedError:
                return True

        wait_until(is_refused, "connecting is refused", 2)
        # What is kept is served meanwhile.
        kept.sendall(REQUEST)
        assert kept.recv(4096).startswith(b"HTTP/1.1 ")
    assert server.wait(10) == 0


def test_the_port_is_free_at_once(server):
    server.restart()
    assert server.terminate() == 0
