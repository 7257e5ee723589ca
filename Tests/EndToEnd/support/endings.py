# SPDX-License-Identifier: Apache-2.0
"""How sessions end with their server."""

import signal

import pytest
import websockets

from support.readers import EventStreamReader, WebSocketReader


def end_in_order(server, api, through):
    """Ends the server; who reads through it, or what stands in front, gets all and then a goodbye."""
    web_socket, event_stream = WebSocketReader(through, "news"), EventStreamReader(through, "news")
    for reader in (web_socket, event_stream):
        reader.open()
    api.publish("news", [{"n": number} for number in range(100)])
    server.send_signal(signal.SIGTERM)
    assert server.wait(10) == 0
    web_socket.read(100, 10)
    with pytest.raises(websockets.ConnectionClosed) as closed:
        web_socket.read(1, 10)
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 3001, closed.value
    event_stream.read(100, 10)
    # Cut off in the middle, also of TLS, it would be another error.
    with pytest.raises(StopIteration):
        event_stream.read(1, 10)
