# SPDX-License-Identifier: Apache-2.0
"""Event streams in gzip: each event can be read at once, and the end is right, for real clients."""

import json
import subprocess
import zlib

import aiohttp
import httpx
import pytest
import requests

from support.nginx import Nginx
from support.process import wait_until
from support.tools import run_async, tool

GZIP, PLAIN = {"Accept-Encoding": "gzip"}, {"Accept-Encoding": "identity"}
COUNT = 5


def item(number):
    """What is worth compressing, but for every third, which is too small."""
    return {"n": number, "text": "again and again " * (0 if number % 3 == 0 else 20)}


def wait_for_sessions(api, count):
    wait_until(lambda: api.metric('weir_sessions{kind="sse"}') == count, f"{count} streams are open")


def next_event(lines):
    """The data of the next event among lines of bytes or text."""
    for line in lines:
        line = line.decode() if isinstance(line, bytes) else line
        if line.startswith("data:"):
            return json.loads(line[5:])
    raise AssertionError("the stream ended")


def check_one_by_one(api, topic, lines):
    """Publishes each event only when the one before it was read."""
    for number in range(COUNT):
        api.publish(topic, item(number))
        assert next_event(lines) == item(number)


def test_httpx_reads_each_event_at_once(server, api):
    with httpx.stream("GET", f"{server.url}/v1/events?topic=a", timeout=20) as response:
        assert response.headers["content-encoding"] == "gzip"
        assert response.headers["vary"] == "Accept-Encoding"
        check_one_by_one(api, "a", response.iter_lines())
    assert api.metric('weir_compressed_total{kind="sse"}') == 3


def test_requests_reads_each_event_at_once(server, api):
    with requests.get(f"{server.url}/v1/events?topic=a", stream=True, timeout=20) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        # It waits for as much as it is asked for, of what is not compressed too.
        check_one_by_one(api, "a", response.iter_lines(chunk_size=1))


def test_aiohttp_reads_each_event_at_once(server, api):
    async def main():
        async with aiohttp.ClientSession(server.url, timeout=aiohttp.ClientTimeout(total=20)) as session:
            async with session.get("/v1/events", params={"topic": "a"}) as response:
                assert response.headers["Content-Encoding"] == "gzip"
                for number in range(COUNT):
                    async with session.post("/v1/topics/a/events", json=item(number)) as published:
                        assert published.status == 200
                    while not (line := await response.content.readline()).startswith(b"data:"):
                        assert line, "the stream ended"
                    assert json.loads(line[5:]) == item(number)

    run_async(main())


def test_curl_reads_each_event_at_once_and_a_right_end(server, api):
    command = [tool("curl", "curl"), "-sS", "--compressed", "-N", "--max-time", "20", f"{server.url}/v1/events?topic=a"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        wait_for_sessions(api, 1)
        check_one_by_one(api, "a", process.stdout)
        assert server.terminate() == 0
        assert process.stdout.read().split(b"\n")[-2].startswith(b"retry: ")
        assert (process.wait(10), process.stderr.read()) == (0, b"")


@pytest.mark.parametrize("topics", [["a"], ["a", "b"]], ids=["one topic", "two topics"])
def test_who_takes_gzip_gets_what_the_others_get(server, api, topics):
    """Two streams with the same history, raw, up to the end of the server."""
    for number in range(300):
        for topic in topics:
            api.publish(topic, item(number))
    places = ",".join(f"{topic}:{api.http.get(f'/v1/topics/{topic}').json()['epoch']}:0" for topic in topics)
    url, parameters = f"{server.url}/v1/events", [("topic", topic) for topic in topics] + [("after", places)]
    received = []
    with httpx.Client(timeout=20) as client:
        responses = [
            client.send(client.build_request("GET", url, params=parameters, headers=headers), stream=True)
            for headers in (PLAIN, GZIP)
        ]
        wait_for_sessions(api, 2)
        for number in range(300, 320):
            for topic in topics:
                api.publish(topic, item(number))
        assert server.terminate() == 0
        for response in responses:
            received.append(b"".join(response.iter_raw()))
            response.close()
    plain, packed = received
    inflater = zlib.decompressobj(31)
    # zlib checks the checksum and the length.
    inflated = inflater.decompress(packed)
    assert inflater.eof and not inflater.unused_data
    inflated, plain = without_delay(inflated), without_delay(plain)
    if len(topics) > 1:
        # Topics take turns by when each stream was written to: places between them differ.
        assert [line for line in inflated if line.startswith(b"id:")][-1] in plain
        inflated, plain = (sorted(line for line in lines if not line.startswith(b"id:")) for lines in (inflated, plain))
    assert inflated == plain
    assert sum(line.startswith(b"data: ") for line in plain) == 320 * len(topics)


def without_delay(stream):
    """All but the last line, which says when to come back: each client at a time of its own."""
    *lines, last, end = stream.split(b"\n")
    assert last.startswith(b"retry: ") and not end, last
    return lines


def test_nginx_passes_it_on(server, api, tmp_path):
    nginx = Nginx(tmp_path / "nginx", [server])
    try:
        with httpx.stream("GET", f"{nginx.url}/v1/events?topic=a", headers=GZIP, timeout=20) as response:
            assert response.headers["content-encoding"] == "gzip"
            check_one_by_one(api, "a", response.iter_lines())
    finally:
        nginx.close()


def test_it_can_be_switched_off(start_server):
    server = start_server(config={"eventStream": {"compression": False}})
    with httpx.stream("GET", f"{server.url}/v1/events?topic=a", headers=GZIP) as response:
        assert "content-encoding" not in response.headers and "vary" not in response.headers
