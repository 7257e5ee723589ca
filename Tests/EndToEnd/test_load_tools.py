# SPDX-License-Identifier: Apache-2.0
"""h2load and wrk: many requests at once, over few connections, without one that fails."""

import re

import pytest

from support.api import API
from support.certificates import Authority
from support.process import wait_until
from support.tools import run_tool

REQUEST_COUNT = 1_000
CONNECTION_COUNT = 16
EVENT = '{"n":1,"text":"an event of a load test"}'

POST_SCRIPT = """
wrk.method = "POST"
wrk.body = '%s'
wrk.headers["Content-Type"] = "application/json"
"""


@pytest.fixture(scope="module")
def api(module_server):
    api = API(module_server.url)
    api.publish("page", [{"n": number, "text": "again and again"} for number in range(200)])
    return api


def h2load(url, *options):
    """Runs h2load over HTTP/1.1; every request must have got a 2xx."""
    output, _ = run_tool(
        "h2load", "nghttp2-client", "--h1", "-n", REQUEST_COUNT, "-c", CONNECTION_COUNT, *options, url, timeout=60
    )
    requests = re.search(r"^requests: (.+)$", output, re.MULTILINE)[1]
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", requests)}
    assert counts["succeeded"] == counts["done"] == REQUEST_COUNT, output
    assert counts["failed"] == counts["errored"] == counts["timeout"] == 0, output
    assert f"status codes: {REQUEST_COUNT} 2xx, 0 3xx, 0 4xx, 0 5xx" in output, output


def wrk(url, *options):
    """Runs wrk for a second; returns how many requests were answered, all with a 2xx or 3xx."""
    output, _ = run_tool("wrk", "wrk", "-t", 1, "-c", CONNECTION_COUNT, "-d", "1s", *options, url, timeout=60)
    assert "Socket errors" not in output and "Non-2xx" not in output, output
    return int(re.search(r"(\d+) requests in", output)[1])


def published(api, topic):
    """How many events a topic has taken, by its offsets and by what the server counts."""
    count = api.metric(f'weir_topic_published_total{{topic="{topic}"}}')
    assert api.page(topic, after=count - 1)["events"][0]["offset"] == count
    assert not api.page(topic, after=count)["events"]
    return count


@pytest.mark.parametrize("path", ["/healthz", "/v1/topics/page/events?limit=50", "/app.js"])
@pytest.mark.parametrize("in_a_row", [1, 8], ids=["one at a time", "pipelined"])
def test_h2load_gets_every_page(module_server, api, path, in_a_row):
    h2load(module_server.url + path, "-m", in_a_row, "-H", "Accept-Encoding: gzip")


@pytest.mark.parametrize("in_a_row", [1, 8], ids=["one at a time", "pipelined"])
def test_h2load_publishes_every_event(module_server, api, tmp_path, in_a_row):
    topic = f"h2load-{in_a_row}"
    body = tmp_path / "event.json"
    body.write_text(EVENT)
    url = f"{module_server.url}/v1/topics/{topic}/events"
    h2load(url, "-m", in_a_row, "-d", body, "-H", "Content-Type: application/json")
    assert published(api, topic) == REQUEST_COUNT


def test_h2load_publishes_every_event_over_tls(start_server, tmp_path):
    server = start_server(authority=Authority(tmp_path / "authority"))
    body = tmp_path / "event.json"
    body.write_text(EVENT)
    h2load(f"{server.url}/v1/topics/tls/events", "-m", 4, "-d", body, "-H", "Content-Type: application/json")
    assert published(API(server.url, server.client_context), "tls") == REQUEST_COUNT


def test_wrk_gets_every_page(module_server, api):
    assert wrk(f"{module_server.url}/v1/topics/page/events?limit=50") > 0


def test_wrk_publishes_every_event(module_server, api, tmp_path):
    script = tmp_path / "post.lua"
    script.write_text(POST_SCRIPT % EVENT)
    answered = wrk(f"{module_server.url}/v1/topics/wrk/events", "-s", script)
    # wrk leaves in the midst of things: one request of each connection may be under way.
    wait_until(lambda: api.metric("weir_connections") == 1, "only the connection that asks is left")
    assert 0 < answered <= published(api, "wrk") <= answered + CONNECTION_COUNT
