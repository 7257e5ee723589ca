# SPDX-License-Identifier: Apache-2.0
"""Python's HTTP clients: requests, httpx and aiohttp."""

import json

import aiohttp
import httpx
import pytest
import requests

from support.api import API
from support.numbered import EVENTS, LINE_COUNT, NDJSON, numbered_lines, numbers
from support.tools import run_async


@pytest.fixture(scope="module")
def api(module_server):
    """A server with a topic of which a page is worth compressing."""
    api = API(module_server.url)
    api.publish("page", [{"n": number, "text": "again and again"} for number in range(300)])
    return api


# requests


def test_requests_keeps_its_connection(module_server, api, accepted):
    with requests.Session() as session:
        for number in range(5):
            answer = session.post(module_server.url + EVENTS.format("requested"), json={"n": number}, timeout=20)
            assert answer.json()["lastOffset"] == number + 1
            assert session.head(module_server.url + "/", timeout=20).content == b""
            assert session.get(module_server.url + "/nothing", timeout=20).status_code == 404
        assert accepted() == 1
    assert numbers(api, "requested") == list(range(5))


def test_requests_inflates_what_it_gets(module_server):
    url = module_server.url + EVENTS.format("page")
    packed = requests.get(url, params={"limit": 300}, timeout=20)
    plain = requests.get(url, params={"limit": 300}, headers={"Accept-Encoding": "identity"}, timeout=20)
    assert packed.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
    assert packed.content == plain.content and len(packed.json()["events"]) == 300


def test_requests_uploads_in_chunks(module_server, api):
    url = module_server.url + EVENTS.format("generated")
    answer = requests.post(url, data=iter(numbered_lines()), headers=NDJSON, timeout=20)
    assert answer.json()["accepted"] == LINE_COUNT and numbers(api, "generated") == list(range(LINE_COUNT))


# httpx


def test_httpx_keeps_its_connection_over_uploads_and_refusals(module_server, api, accepted):
    with httpx.Client(base_url=module_server.url, timeout=20) as client:
        for number in range(1, 4):
            answer = client.post(EVENTS.format("httpx"), content=iter(numbered_lines()), headers=NDJSON)
            assert answer.json()["lastOffset"] == number * LINE_COUNT, answer.text
            refused = client.post(EVENTS.format("httpx"), content=b"{no JSON}", headers=NDJSON)
            assert refused.status_code == 422 and refused.json()["accepted"] == 0, refused.text
            assert len(client.get(EVENTS.format("page")).json()["events"]) == 100
        assert accepted() == 1


def test_httpx_reads_a_page_in_pieces(module_server):
    with httpx.stream("GET", module_server.url + EVENTS.format("page") + "?limit=300", timeout=20) as response:
        assert response.headers["content-encoding"] == "gzip"
        assert len(json.loads(b"".join(response.iter_bytes(100)))["events"]) == 300


# aiohttp


def session_for(server):
    return aiohttp.ClientSession(server.url, timeout=aiohttp.ClientTimeout(total=20))


def test_aiohttp_keeps_its_connection_and_uploads_a_stream(module_server, api, accepted):
    async def pieces():
        for line in numbered_lines():
            yield line

    async def main():
        async with session_for(module_server) as session:
            for number in range(1, 4):
                async with session.post(EVENTS.format("aio"), data=pieces(), headers=NDJSON) as response:
                    answer = await response.json()
                    assert answer["lastOffset"] == number * LINE_COUNT, answer
                async with session.get(EVENTS.format("page"), params={"limit": 300}) as response:
                    assert response.headers["Content-Encoding"] == "gzip"
                    assert len((await response.json())["events"]) == 300
                async with session.head("/") as response:
                    assert response.status == 200 and await response.read() == b""

    run_async(main())
    assert accepted() == 1
    assert numbers(api, "aio") == [*range(LINE_COUNT)] * 3


def test_aiohttp_reads_events_as_they_come(module_server):
    async def next_event(response):
        while not (line := await response.content.readline()).startswith(b"data:"):
            assert line, "the stream ended"
        return json.loads(line[5:])

    async def main():
        async with session_for(module_server) as session:
            async with session.get("/v1/events", params={"topic": "aio-stream"}) as response:
                assert response.content_type == "text/event-stream"
                for number in range(5):
                    async with session.post(EVENTS.format("aio-stream"), json={"n": number}) as published:
                        assert published.status == 200
                    assert await next_event(response) == {"n": number}

    run_async(main())


@pytest.mark.parametrize("compress", [0, 15], ids=["plain", "deflate"])
def test_aiohttp_speaks_web_socket(module_server, compress):
    topic = f"aio-socket-{compress}"

    async def main():
        async with session_for(module_server) as session:
            async with session.ws_connect("/ws", compress=compress, autoping=True) as socket:
                assert socket.compress == compress
                await socket.send_json({"id": 1, "connect": {}})
                assert (await socket.receive_json())["id"] == 1
                await socket.send_json({"id": 2, "subscribe": {"channel": topic}})
                assert "error" not in await socket.receive_json()
                for number in range(5):
                    data = {"n": number, "text": "again and again " * 500}
                    async with session.post(EVENTS.format(topic), json=data) as published:
                        assert published.status == 200
                    assert (await socket.receive_json())["push"]["pub"]["data"] == data
                await socket.close()
                assert socket.close_code == 1000

    run_async(main())
