# SPDX-License-Identifier: Apache-2.0
"""Pages of other sites and rebound names get 403, by every way in."""

import httpx
import pytest
import websockets
import websockets.sync.client

FOREIGN_ORIGINS = [
    "http://evil.example",
    "https://evil.example:8080",
    "null",
    "http://127.0.0.1:{port}.evil.example",
    "http://evil.example/http://127.0.0.1:{port}",
    "http://127.0.0.1.evil.example:{port}",
    "http://127.0.0.1:1",
    "file://",
]
FOREIGN_HOSTS = ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example:{port}"]
OWN_ORIGINS = [None, "http://127.0.0.1:{port}"]


def for_port(text, server):
    return text and text.format(port=server.port)


def headers_with(name, value):
    return {name: value} if value else {}


def status_over_http(server, headers):
    response = httpx.post(f"{server.url}/v1/topics/guarded/events", json={"n": 1}, headers=headers)
    return response.status_code


def status_of_a_page(server, headers):
    return httpx.get(f"{server.url}/v1/topics", headers=headers).status_code


def status_of_an_event_stream(server, headers):
    url = f"{server.url}/v1/events?topic=guarded"
    with httpx.stream("GET", url, headers=headers) as response:
        return response.status_code


def status_of_a_web_socket(server, headers):
    """101 where the handshake succeeds."""
    headers = dict(headers)
    host = headers.pop("Host", None)
    if host:
        return status_of_a_handshake_for_host(server, host)
    try:
        with websockets.sync.client.connect(server.ws_url, additional_headers=headers):
            return 101
    except websockets.InvalidStatus as refused:
        return refused.response.status_code


def status_of_a_handshake_for_host(server, host):
    """The `websockets` library takes Host from its URL, so this one is written out."""
    handshake = {
        "Host": host,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    with httpx.stream("GET", f"{server.url}/ws", headers=handshake) as response:
        return response.status_code


WAYS_IN = {
    "publish": (status_over_http, 200),
    "list": (status_of_a_page, 200),
    "SSE": (status_of_an_event_stream, 200),
    "WebSocket": (status_of_a_web_socket, 101),
}


@pytest.mark.parametrize("way", WAYS_IN)
@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_a_foreign_origin_gets_403(guarded, way, origin):
    ask, _ = WAYS_IN[way]
    assert ask(guarded, {"Origin": for_port(origin, guarded)}) == 403


@pytest.mark.parametrize("way", WAYS_IN)
@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_foreign_host_gets_403(guarded, way, host):
    ask, _ = WAYS_IN[way]
    assert ask(guarded, {"Host": for_port(host, guarded)}) == 403


@pytest.mark.parametrize("way", WAYS_IN)
@pytest.mark.parametrize("origin", OWN_ORIGINS)
def test_the_own_origin_or_none_is_let_in(guarded, way, origin):
    ask, status = WAYS_IN[way]
    assert ask(guarded, headers_with("Origin", for_port(origin, guarded))) == status


@pytest.mark.parametrize("way", WAYS_IN)
def test_localhost_is_an_own_name(guarded, way):
    ask, status = WAYS_IN[way]
    assert ask(guarded, {"Host": f"localhost:{guarded.port}"}) == status


def test_a_refused_publish_stores_nothing(server, api):
    assert status_over_http(server, {"Origin": "http://evil.example"}) == 403
    assert api.topic_count("guarded") == 0


@pytest.fixture(scope="module")
def guarded(module_server):
    return module_server
