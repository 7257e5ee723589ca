# SPDX-License-Identifier: Apache-2.0
"""nginx as a proxy in front: kept connections, upgrades, event streams, uploads, a drained server."""

import json
import threading

import httpx
import httpx_sse
import pytest
import websockets.sync.client

from support.api import API
from support.endings import end_in_order
from support.nginx import Nginx
from support.process import wait_until
from support.readers import EventStreamReader, WebSocketReader

EVENTS = "/v1/topics/{}/events"
JSON = {"content-type": "application/json"}
NDJSON = {"content-type": "application/x-ndjson"}
LINE_COUNT = 30_000


@pytest.fixture
def start_nginx(tmp_path):
    """A function that starts an nginx in front of servers."""
    started = []

    def start(*servers):
        started.append(Nginx(tmp_path / f"nginx-{len(started)}", servers))
        return started[-1]

    yield start
    for nginx in started:
        nginx.close()


@pytest.fixture
def nginx(server, start_nginx):
    return start_nginx(server)


def test_many_clients_share_one_kept_connection(nginx, api):
    accepted = api.metric("weir_connections_accepted_total")
    for number in range(8):  # each a connection of its own to nginx
        answer = httpx.post(nginx.url + EVENTS.format("shared"), json={"n": number})
        assert answer.json()["lastOffset"] == number + 1, answer.text
        assert httpx.get(nginx.url + "/nothing").status_code == 404
        assert httpx.head(nginx.url + "/").headers["content-length"]
        refused = httpx.post(nginx.url + EVENTS.format("shared"), content=b"{", headers=JSON)
        assert refused.status_code == 400, refused.text
    page = httpx.get(nginx.url + EVENTS.format("shared"), params={"limit": 8})
    assert [event["data"]["n"] for event in page.json()["events"]] == list(range(8))
    assert api.metric("weir_connections_accepted_total") == accepted + 1


def test_an_upgraded_connection_brings_events_and_commands(nginx, api):
    with websockets.sync.client.connect(nginx.ws_url) as client:
        client.send('{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"news"}}')
        replies = []
        while len(replies) < 2:
            replies += map(json.loads, client.recv(10).splitlines())
        assert all("error" not in reply for reply in replies), replies
        for number in range(5):
            api.publish("news", {"n": number})
            assert json.loads(client.recv(10))["push"]["pub"]["data"] == {"n": number}
        client.send('{"id":3,"publish":{"channel":"other","data":"from the client"}}')
        assert json.loads(client.recv(10)) == {"id": 3, "publish": {}}
        assert client.ping(b"there?").wait(10)
    assert api.history("other")[0]["data"] == "from the client"
    wait_until(lambda: api.metric('weir_sessions{kind="websocket"}') == 0, "no session is left")


def test_events_pass_nginx_one_by_one(nginx, api):
    """nginx buffers by default; the server's X-Accel-Buffering makes it pass each at once."""
    with httpx.Client(timeout=20) as client:
        with httpx_sse.connect_sse(client, "GET", f"{nginx.url}/v1/events?topic=news") as source:
            events = source.iter_sse()
            for number in range(5):
                api.publish("news", {"n": number})
                assert json.loads(next(events).data) == {"n": number}
    wait_until(lambda: api.metric('weir_sessions{kind="sse"}') == 0, "no session is left")


@pytest.mark.parametrize("reader_class", [WebSocketReader, EventStreamReader])
def test_a_reader_behind_nginx_resumes_after_a_cut(nginx, api, reader_class):
    reader = reader_class(nginx, "kept")
    reader.open()
    api.publish("kept", [{"n": number} for number in range(200)])
    reader.read(200, 10)
    reader.cut()
    api.publish("kept", [{"n": number} for number in range(200, 400)])
    reader.open()
    reader.read(400 - len(reader.items), 10)
    assert [item["n"] for item in reader.items] == list(range(400))
    reader.cut()


@pytest.mark.parametrize("way", ["", "/streamed"], ids=["collected by nginx", "streamed"])
def test_a_large_upload_arrives_whole(nginx, api, way):
    lines = (b'{"n":%d,"text":"%s"}\n' % (number, b"x" * 200) for number in range(LINE_COUNT))
    answer = httpx.post(
        f"{nginx.url}{way}{EVENTS.format('large')}", content=lines,
        headers=NDJSON, timeout=60,
    )  # fmt: skip
    assert answer.status_code == 200 and answer.json()["accepted"] == LINE_COUNT, answer.text
    last = api.page("large", after=LINE_COUNT - 1)["events"]
    assert [(event["offset"], event["data"]["n"]) for event in last] == [(LINE_COUNT, LINE_COUNT - 1)]


def test_a_large_upload_that_is_refused_is_told(nginx):
    lines = [b'{"n":%d}\n' % number for number in range(LINE_COUNT)]
    lines[10_000] = b"no JSON\n"
    answer = httpx.post(
        nginx.url + EVENTS.format("refused"), content=b"".join(lines),
        headers=NDJSON, timeout=60,
    )  # fmt: skip
    assert (answer.status_code, answer.json()["line"]) == (422, 10_001), answer.text


def test_sessions_behind_nginx_end_in_order_with_the_server(nginx, server, api):
    end_in_order(server, api, through=nginx)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_drained_server_costs_no_request(start_server, start_nginx, method):
    """Two servers; one goes while requests are under way, and the other answers all that follow.

    nginx asks the other server when a GET gets no answer, but not when a POST gets none.
    """
    going, staying = start_server(config={"drain": "2s"}), start_server()
    for server in (going, staying):
        API(server.url).publish("busy", 0)
    nginx = start_nginx(going, staying)
    request = {"json": 1} if method == "POST" else {}
    statuses, is_over = [], threading.Event()

    def ask():
        with httpx.Client(base_url=nginx.url, timeout=20) as client:
            while not is_over.is_set():
                try:
                    answer = client.request(method, EVENTS.format("busy"), **request)
                    statuses.append(answer.status_code)
                except httpx.HTTPError as error:
                    statuses.append(repr(error))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: len(statuses) > 50, "requests go through")
        assert API(going.url).metric("weir_connections_accepted_total") > 2, "both are asked"
        assert going.terminate() == 0
        answered = len(statuses)
        wait_until(lambda: len(statuses) > answered + 50, "requests still go through")
    finally:
        is_over.set()
        for thread in threads:
            thread.join(20)
    assert set(statuses) == {200}, {status: statuses.count(status) for status in set(statuses)}
