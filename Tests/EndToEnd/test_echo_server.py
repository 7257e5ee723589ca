# SPDX-License-Identifier: Apache-2.0
"""echo-server, the example of the transport alone."""

import base64
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess

import httpx
import pytest
from websockets.sync.client import connect

from support.process import BINARY, wait_until

ECHO = pathlib.Path(os.environ.get("ECHO_BINARY", BINARY.parent / "echo-server"))


@pytest.fixture(scope="module")
def echo(tmp_path_factory):
    """The address of a server, host and port."""
    output = tmp_path_factory.mktemp("echo") / "output"
    with output.open("wb") as file:
        process = subprocess.Popen([ECHO, "--port", "0"], stdout=file, stdin=subprocess.DEVNULL)
    found = wait_until(
        lambda: re.search(r"https?://(127\.0\.0\.1:\d+)", output.read_text()), "an address was printed"
    )
    yield found[1]
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0


def test_pages(echo):
    with httpx.Client(base_url=f"http://{echo}") as client:
        assert client.get("/").text == "hello\n"
        assert client.head("/").headers["content-length"] == "6"
        assert client.get("/nothing").status_code == 404
        assert client.put("/", content=b"x").status_code == 405
        body = os.urandom(3_000_000)
        assert client.post("/echo", content=body).content == body
        assert client.post("/echo", content=iter([b"in", b"pieces"])).content == b"inpieces"
        assert client.post("/echo", content=b"").content == b""


def test_a_body_beyond_the_limit_is_refused(echo):
    assert httpx.post(f"http://{echo}/echo", content=bytes((16 << 20) + 1)).status_code == 413


def test_requests_in_a_row_are_answered_in_order(echo):
    host, port = echo.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        post = b"POST /echo HTTP/1.1\r\nHost: e\r\nContent-Length: 1\r\n\r\n"
        last = b"GET / HTTP/1.1\r\nHost: e\r\nConnection: close\r\n\r\n"
        connection.sendall(b"".join(post + bytes([65 + n]) for n in range(20)) + last)
        answers = b"".join(iter(lambda: connection.recv(65_536), b""))
    bodies = re.findall(rb"\r\n\r\n([A-T])(?=HTTP)", answers)
    assert bodies == [bytes([65 + n]) for n in range(20)]
    assert answers.endswith(b"hello\n")


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_messages_come_back(echo, compression):
    with connect(f"ws://{echo}/echo", max_size=None, compression=compression) as client:
        for message in ("", "ä" * 1_000, b"\x00\xff", os.urandom(16 << 20)):
            client.send(message)
            assert client.recv(60) == message
        client.send([b"in ", b"three ", b"pieces"])
        assert client.recv(10) == b"in three pieces"
        assert client.ping(b"there?").wait(10)


def test_a_message_beyond_the_limit_closes_with_1009(echo):
    host, port = echo.split(":")
    key = base64.b64encode(os.urandom(16)).decode()
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(
            f"GET /echo HTTP/1.1\r\nHost: e\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        # The length alone says that it is too large.
        connection.sendall(b"\x82\xff" + struct.pack(">Q", (16 << 20) + 1) + bytes(4))
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, close = answer.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 101 ")
    assert (close[0], struct.unpack(">H", close[2:4])[0]) == (0x88, 1009)


@pytest.mark.parametrize("arguments", [["--port", "x"], ["--port"], ["--loops", "0"], ["--no"]])
def test_a_wrong_command_line_is_told(arguments):
    run = subprocess.run([ECHO, *arguments], capture_output=True, text=True, timeout=10)
    assert run.returncode == 2
    assert arguments[0] in run.stderr
